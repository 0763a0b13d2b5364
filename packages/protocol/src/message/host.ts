import { ProtocolError } from '../protocol-error.ts';

/**
 * Host addresses in records and ids: four address bytes and an int32 port; as text `ip:port`.
 */
/** IPv4 text as a big-endian int32; throws ProtocolError for anything else. */
export function ipv4ToInt(ip: string): number {
  const match = /^(?:::ffff:)?([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,3})$/i.exec(ip);
  const parts = match?.slice(1).map(Number) ?? [];
  const [a = 256, b = 256, c = 256, d = 256] = parts;
  if (a > 255 || b > 255 || c > 255 || d > 255) {
    throw new ProtocolError('MESSAGE_MALFORMED', `${JSON.stringify(ip)} is not an IPv4 address`);
  }
  return (a << 24) | (b << 16) | (c << 8) | d;
}

export function intToIpv4(ip: number): string {
  return `${ip >>> 24}.${(ip >>> 16) & 0xff}.${(ip >>> 8) & 0xff}.${ip & 0xff}`;
}

/** Splits `ip:port`; throws ProtocolError unless it is an IPv4 address and a port. */
export function parseHost(host: string): { ip: number; port: number } {
  const colon = host.lastIndexOf(':');
  const port = Number(host.slice(colon + 1));
  if (colon < 0 || !/^[0-9]{1,5}$/.test(host.slice(colon + 1)) || port > 65535) {
    throw new ProtocolError('MESSAGE_MALFORMED', `${JSON.stringify(host)} is not of the form ip:port`);
  }
  return { ip: ipv4ToInt(host.slice(0, colon)), port };
}

/** Reads 4 or 16 address bytes and an int32 port. */
export function readHost(buffer: Buffer, position: number, addressBytes: number): string {
  const port = buffer.readInt32BE(position + addressBytes);
  if (addressBytes === 4) return `${intToIpv4(buffer.readInt32BE(position))}:${port}`;
  const groups: string[] = [];
  for (let i = 0; i < 16; i += 2) groups.push(buffer.readUInt16BE(position + i).toString(16));
  return `[${groups.join(':')}]:${port}`;
}
