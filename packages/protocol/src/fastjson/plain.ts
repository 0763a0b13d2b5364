import { ProtocolError } from '../protocol-error.ts';
import { stringifyFastjson } from './stringify.ts';
import type { FastjsonValue } from './value.ts';

/** A parsed value with ordinary objects in place of Maps. */
export type Plain = null | boolean | number | bigint | string | Plain[] | { [key: string]: Plain };

/**
 * Turns Maps into plain objects without a prototype, so that a key like `__proto__` is an ordinary key.
 * Numeric keys become their decimal text, object keys their JSON text.
 */
export function plain(value: FastjsonValue, maxDepth = 128): Plain {
  if (value === null || typeof value !== 'object') return value;
  if (maxDepth <= 0) {
    throw new ProtocolError('JSON_TOO_LARGE', 'the value nests too deeply, or contains itself');
  }
  if (Array.isArray(value)) return value.map((item) => plain(item, maxDepth - 1));
  const object = Object.create(null) as { [key: string]: Plain };
  for (const [key, item] of value) {
    object[typeof key === 'object' ? stringifyFastjson(key) : String(key)] = plain(item, maxDepth - 1);
  }
  return object;
}
