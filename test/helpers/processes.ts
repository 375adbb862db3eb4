// Real processes under test, with what they say on stdout; they end with the test at the latest.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Deployment } from './deployment.ts';
import { waitUntil } from './wait-until.ts';

export interface Said {
  msg?: string;
  [field: string]: unknown;
}

export class TestProcess {
  readonly child: ChildProcess;
  readonly said: Said[] = [];
  /** Resolves with the exit code, or the signal that ended the process. */
  readonly ended: Promise<number | string>;

  constructor(file: string, env: Record<string, string | undefined>) {
    this.child = spawn(process.execPath, ['--import', 'tsx', file], {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env } as NodeJS.ProcessEnv,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.ended = new Promise((resolve) => {
      this.child.once('exit', (code, signal) => resolve(code ?? signal ?? 'gone'));
    });
    createInterface({ input: this.child.stdout! }).on('line', (line) => {
      try {
        this.said.push(JSON.parse(line));
      } catch {
        this.said.push({ msg: line });
      }
    });
  }

  get isAlive(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  /** Waits for a log line and returns it. */
  line(msg: string, limitMs = 15_000): Promise<Said> {
    return waitUntil(`"${msg}"`, () => this.said.find((said) => said.msg === msg), limitMs);
  }

  async kill(): Promise<void> {
    if (this.isAlive) this.child.kill('SIGKILL');
    await this.ended;
  }
}

/** The processes of one test; `killAll` belongs in its `after`. */
export class Processes {
  readonly #deployment: Deployment;
  readonly #all: TestProcess[] = [];

  constructor(deployment: Deployment) {
    this.#deployment = deployment;
  }

  start(file: string, settings: Record<string, string> = {}): TestProcess {
    const started = new TestProcess(file, { ...this.#deployment.env, LOG_LEVEL: 'info', ...settings });
    this.#all.push(started);
    return started;
  }

  /** A worker that has opened its shards. */
  async worker(file = 'workers/main.ts', settings: Record<string, string> = {}): Promise<TestProcess> {
    const started = this.start(file, settings);
    await started.line('worker started');
    return started;
  }

  /** An API and where it listens. */
  async api(file = 'src/server.ts', settings: Record<string, string> = {}) {
    const started = this.start(file, settings);
    const { port } = await started.line('api listening');
    return { process: started, origin: `http://127.0.0.1:${port}` };
  }

  async killAll(): Promise<void> {
    await Promise.all(this.#all.map((one) => one.kill()));
  }
}
