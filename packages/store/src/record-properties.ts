/**
 * Owns finding one property in the stored form, `name \x01 value \x02 …`, without decoding the rest.
 */

const NAME_END = 1;
const VALUE_END = 2;

/** Where the value starts; -1 when the property is not there, or empty, which counts as not there in Java too. Hot. */
export function findProperty(buffer: Buffer, start: number, end: number, name: Uint8Array): number {
  const length = name.length;
  let at = start;
  while (at + length < end) {
    if (buffer[at + length] === NAME_END && startsWith(buffer, at, name)) {
      const valueStart = at + length + 1;
      return valueStart < end && buffer[valueStart] !== VALUE_END ? valueStart : -1;
    }
    at = endOfProperty(buffer, at, end) + 1;
  }
  return -1;
}

/** Where the value, or the whole property, that has `at` ends. */
export function endOfProperty(buffer: Buffer, at: number, end: number): number {
  while (at < end && buffer[at] !== VALUE_END) at++;
  return at;
}

function startsWith(buffer: Buffer, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (buffer[at + i] !== name[i]) return false;
  return true;
}
