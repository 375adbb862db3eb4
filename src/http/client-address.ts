// Who is at the far end of the proxies, in a way that no client can forge.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';

/** IPv4 within IPv6 reads as IPv4, so one client has one address whatever the socket's family. */
const plain = (address: string): string => (address.startsWith('::ffff:') ? address.slice(7) : address);

export const peerAddressOf = ({ socket }: IncomingMessage): string => plain(socket.remoteAddress ?? '');

/** An entry of the header without brackets and port. */
const bare = (entry: string): string => {
  const text = entry.trim();
  const bracketed = /^\[([^\]]*)\](:\d+)?$/.exec(text)?.[1];
  return plain(bracketed ?? (/^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(':')) : text));
};

/**
 * The client's address behind `proxies` trusted proxies. Each appends the address it was called from, so the entry
 * that the outermost one wrote is the n-th from the right; anything left of it is what the client claims.
 */
export function clientAddressOf(request: IncomingMessage, proxies: number): string {
  const forwarded = request.headers['x-forwarded-for'];
  if (proxies === 0 || forwarded === undefined) return peerAddressOf(request);
  const entries = String(forwarded).split(',');
  const address = bare(entries[Math.max(0, entries.length - proxies)] ?? '');
  return isIP(address) === 0 ? peerAddressOf(request) : address;
}
