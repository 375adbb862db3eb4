// The API process: load the configuration, wire, listen; on SIGTERM stop listening, drain, close the stores.
import { closeGently, createHttpServer, listen } from './http/server-limits.ts';
import { runEntry, StartError } from './lib/run-entry.ts';
import { wireApi } from './wire.ts';

await runEntry('api', async (entry) => {
  const { config, log, shutdown } = entry;
  const server = createHttpServer(await wireApi(entry));
  const address = await listen(server, { host: config.HOST, port: config.PORT }).catch((error: Error) => {
    throw new StartError(error.message);
  });
  shutdown.add('server', () => closeGently(server));
  log.info({ address: address.address, port: address.port, base_path: config.BASE_PATH }, 'api listening');
});
