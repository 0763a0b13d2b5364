/**
 * Owns finding one property in the stored form, `name \x01 value \x02 …`, without decoding the rest.
 */
export interface PropertySpan {
  readonly start: number;
  readonly end: number;
}

const NAME_END = 1;
const VALUE_END = 2;

/** The bytes of the value; undefined when the property is not there, or empty, which counts as not there in Java too. */
export function findProperty(
  buffer: Buffer,
  start: number,
  end: number,
  name: Uint8Array,
): PropertySpan | undefined {
  const length = name.length;
  let at = start;
  while (at + length < end) {
    if (buffer[at + length] === NAME_END && startsWith(buffer, at, name)) {
      const valueStart = at + length + 1;
      const valueEnd = endOfItem(buffer, valueStart, end);
      return valueEnd > valueStart ? { start: valueStart, end: valueEnd } : undefined;
    }
    at = endOfItem(buffer, at, end) + 1;
  }
  return undefined;
}

function startsWith(buffer: Buffer, at: number, name: Uint8Array): boolean {
  for (let i = 0; i < name.length; i++) if (buffer[at + i] !== name[i]) return false;
  return true;
}

function endOfItem(buffer: Buffer, at: number, end: number): number {
  while (at < end && buffer[at] !== VALUE_END) at++;
  return at;
}
