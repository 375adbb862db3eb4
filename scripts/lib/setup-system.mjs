// What has to hold before anything can be set up, and how setup speaks.

/** A fault that its message explains completely, with what to do about it. */
export class SetupFault extends Error {}

/** One line on the terminal, before something slow. */
export const say = (line) => console.log(`setup: ${line}`);

/** Refuses a Node older than 20.19. */
export function requireNode(version) {
  const [major, minor] = version.split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  throw new SetupFault(
    `Node 20.19 or later is needed; this is ${version}. See https://nodejs.org/en/download.`,
  );
}

/** Refuses Windows: there is no Redis for it. */
export function requireUnix(platform) {
  if (platform !== 'win32') return;
  throw new SetupFault(
    'Windows itself cannot run this: Redis does not exist for it.\n' +
      'Use WSL 2 (wsl --install, then the same commands in there) or: docker compose up',
  );
}
