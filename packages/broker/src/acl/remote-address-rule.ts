/**
 * White lists of client addresses. Counterpart: RemoteAddressStrategyFactory.
 *
 *     ""            nobody            10.1.2.3                 that address
 *     "*"           everybody         10.1.2.3,10.1.2.4        each of them
 *     10.1.2.*      a last byte       10.1.2.{3,4}             each of them
 *     10.1.*.*      two last bytes    10.1.2.1-20, 10.1.1-9.*  ranges
 */
import { AclError } from './acl-error.ts';

export type RemoteAddressRule = (ip: string) => boolean;

/** @throws AclError ACL_BAD_FILE naming the entry. */
export function parseRemoteAddressRule(text: string | undefined): RemoteAddressRule {
  const entry = (text ?? '').trim();
  if (entry === '') return () => false;
  if (entry === '*') return () => true;
  const rules = expandBraces(entry)
    .flatMap((address) => address.split(','))
    .map((address) => addressPattern(address.trim(), entry));
  return (ip) => {
    const bytes = ip.split('.');
    return bytes.length === 4 && rules.some((rule) => bytes.every((byte, i) => inRange(byte, rule[i])));
  };
}

type ByteRange = readonly [low: number, high: number];

function expandBraces(entry: string): string[] {
  const braces = /^(\d+\.\d+\.\d+\.)\{([^{}]*)\}$/.exec(entry);
  if (braces === null) return [entry];
  return braces[2].split(',').map((last) => braces[1] + last.trim());
}

function addressPattern(address: string, entry: string): ByteRange[] {
  const parts = address.split('.');
  const ranges = parts.map((part) => byteRange(part.trim()));
  if (parts.length === 4 && ranges.every((range) => range !== undefined)) return ranges;
  throw new AclError(
    'ACL_BAD_FILE',
    `the white list entry "${entry}" is not an address; write 10.1.2.3, 10.1.2.*, 10.1.2.1-20, 10.1.2.{3,4}, or * for everybody`,
  );
}

function byteRange(text: string): ByteRange | undefined {
  if (text === '*') return [0, 255];
  const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
  if (match === null) return undefined;
  const low = Number(match[1]);
  const high = Number(match[2] ?? match[1]);
  return low <= high && high <= 255 ? [low, high] : undefined;
}

function inRange(byte: string, [low, high]: ByteRange): boolean {
  const value = Number(byte);
  return value >= low && value <= high;
}
