/** Addresses as RocketMQ writes them: `host:port`, IPv6 in brackets; IPv4 also as an int32, the first octet highest. */
import { RemotingConnectError } from './errors.ts';

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/** Throws RemotingConnectError when the text is no `host:port`. */
export function parseAddress(address: string): HostPort {
  const colon = address.lastIndexOf(':');
  const port = Number(address.slice(colon + 1));
  let host = address.slice(0, Math.max(colon, 0));
  if (host.startsWith('[') && host.endsWith(']')) host = host.slice(1, -1);
  if (host === '' || !/^\d{1,5}$/.test(address.slice(colon + 1)) || port < 1 || port > 65535) {
    throw new RemotingConnectError(
      `"${address}" is no address: expected host:port with a port from 1 to 65535`,
    );
  }
  return { host, port };
}

export function formatAddress(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}

/** The loopback of IPv6 counts as 127.0.0.1; other IPv6 addresses, which RocketMQ 4 cannot store, as 0.0.0.0. */
export function ipv4ToInt(host: string): number {
  if (host === '::1') return 0x7f000001;
  const parts = host.split('.');
  if (parts.length !== 4) return 0;
  let value = 0;
  for (const part of parts) {
    const octet = Number(part);
    if (!(octet >= 0 && octet <= 255)) return 0;
    value = (value << 8) | octet;
  }
  return value;
}
