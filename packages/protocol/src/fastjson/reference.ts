import { ProtocolError } from '../protocol-error.ts';
import type { FastjsonObject, FastjsonValue } from './value.ts';

/**
 * Resolves `{"$ref":"…"}`, which fastjson writes where one Java object occurs twice in a document.
 *
 * Forms: `$` the document, `@` the object itself, `..` its parent, `$.name[0].name` a path. The result may share
 * values and, through `$`, `@` and `..`, contain itself; writers bound their depth.
 */
export function resolveReferences(root: FastjsonValue): FastjsonValue {
  return resolve(root, root, []);
}

function resolve(value: FastjsonValue, root: FastjsonValue, parents: FastjsonValue[]): FastjsonValue {
  if (Array.isArray(value)) {
    parents.push(value);
    for (let i = 0; i < value.length; i++) value[i] = resolve(value[i] as FastjsonValue, root, parents);
    parents.pop();
    return value;
  }
  if (!(value instanceof Map)) return value;
  const reference = value.size === 1 ? value.get('$ref') : undefined;
  if (typeof reference === 'string') return lookUp(reference, root, parents);
  parents.push(value);
  for (const [key, item] of value) value.set(key, resolve(item, root, parents));
  parents.pop();
  return value;
}

function lookUp(reference: string, root: FastjsonValue, parents: FastjsonValue[]): FastjsonValue {
  if (reference === '@') return parents.at(-1) ?? null;
  if (reference === '..') return parents.at(-2) ?? root;
  if (!reference.startsWith('$')) fail(reference);
  let at: FastjsonValue = root;
  const step = /\.((?:\\.|[^.[\\])+)|\[(-?[0-9]+)\]|\[["']((?:[^"'\\]|\\.)*)["']\]/y;
  let position = 1;
  while (position < reference.length) {
    step.lastIndex = position;
    const found = step.exec(reference);
    if (found === null) fail(reference);
    position += found[0].length;
    at = child(at, found[1] ?? found[3], found[2]) ?? fail(reference);
  }
  return at;
}

function child(at: FastjsonValue, name: string | undefined, index: string | undefined) {
  if (Array.isArray(at)) return at[Number(index ?? name)];
  if (!(at instanceof Map)) return undefined;
  const object: FastjsonObject = at;
  if (index !== undefined) return object.get(Number(index));
  const key = (name as string).replace(/\\(.)/g, '$1');
  return object.get(key) ?? (/^-?[0-9]+$/.test(key) ? object.get(Number(key)) : undefined);
}

function fail(reference: string): never {
  throw new ProtocolError(
    'JSON_MALFORMED',
    `the reference "$ref":${JSON.stringify(reference)} leads to nothing in the document`,
  );
}
