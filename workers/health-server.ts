// A worker's or scheduler's own door for those who watch it: /healthz and /metrics, nothing else.
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { Registry } from 'prom-client';
import { StartError } from '../src/lib/run-entry.ts';

export interface HealthDeps {
  registry: Registry;
  /** False once the process should be replaced. */
  isHealthy: () => boolean;
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body);
}

function createHealthServer({ registry, isHealthy }: HealthDeps): Server {
  return createServer((request, response) => {
    if (request.url === '/healthz') {
      const ok = isHealthy();
      return answer(
        response,
        ok ? 200 : 503,
        'application/json',
        JSON.stringify({ status: ok ? 'ok' : 'unhealthy' }),
      );
    }
    if (request.url === '/metrics')
      return void registry.metrics().then((text) => answer(response, 200, registry.contentType, text));
    return answer(response, 404, 'text/plain', 'not found\n');
  });
}

/** Listens until it is closed. @throws StartError when the port cannot be had */
export function startHealthServer(deps: HealthDeps, host: string, port: number): Promise<Server> {
  const server = createHealthServer(deps);
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(new StartError(`Cannot listen on ${host}:${port} (WORKER_PORT): ${error.code}`)),
    );
    server.listen(port, host, () => resolve(server));
  });
}
