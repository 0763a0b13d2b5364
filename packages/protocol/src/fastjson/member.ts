import type { FastjsonObject, FastjsonValue } from './value.ts';

/**
 * Finds a bean's member in a parsed object as fastjson does ("smart match"): the member of that very name or, when there
 * is none, one whose name differs only in upper and lower case, `_` and `-`.
 *
 * Clients in other languages live by it: `clientId` for `clientID`, `ExtFields` or `ext_fields` for `extFields`.
 */
export function memberOf(object: FastjsonObject, name: string): FastjsonValue | undefined {
  const exact = object.get(name);
  if (exact !== undefined) return exact;
  const wanted = bareName(name);
  for (const [key, value] of object) {
    if (typeof key === 'string' && key.length >= wanted.length && bareName(key) === wanted) return value;
  }
  return undefined;
}

function bareName(name: string): string {
  return name.replace(/[_-]/g, '').toLowerCase();
}
