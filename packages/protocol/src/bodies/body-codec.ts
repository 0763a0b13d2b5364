import { memberOf } from '../fastjson/member.ts';
import { parseFastjson } from '../fastjson/parse.ts';
import { type StringifyFastjsonOptions, stringifyFastjson } from '../fastjson/stringify.ts';
import {
  type FastjsonBean,
  FastjsonDouble,
  type FastjsonKey,
  type FastjsonValue,
  type FastjsonWritable,
} from '../fastjson/value.ts';
import { ProtocolError } from '../protocol-error.ts';

/**
 * Building blocks of the typed JSON bodies: a codec per member type, `bean` to put them together.
 *
 * Reading follows fastjson: a missing or null member gets the default, names of members may differ in case, numbers may
 * come as text, unknown members are ignored; what cannot be read throws a ProtocolError that names the path. Writing
 * gives fastjson's bytes: members sorted, undefined ones left out.
 */
export interface ValueCodec<T> {
  read(value: FastjsonValue | undefined, path: string): T;
  write(value: T): FastjsonWritable | undefined;
}

export type BeanShape<T> = { readonly [K in keyof T]-?: ValueCodec<T[K]> };

export interface BodyCodec<T> {
  /** UTF-8 JSON. `pretty` for configuration files. */
  encode(value: T, options?: StringifyFastjsonOptions): Buffer;
  /** Throws ProtocolError. */
  decode(body: Buffer | string): T;
}

export function bodyCodec<T>(name: string, codec: ValueCodec<T>): BodyCodec<T> {
  return {
    encode: (value, options) => Buffer.from(stringifyFastjson(codec.write(value) ?? null, options)),
    decode: (body) => {
      const text = typeof body === 'string' ? body : body.toString('utf8');
      return codec.read(parseFastjson(text), name);
    },
  };
}

/** A Java bean: an object with named members. */
export function bean<T>(shape: BeanShape<T>): ValueCodec<T> {
  const members = Object.keys(shape) as (keyof T & string)[];
  return {
    read(value, path) {
      if (!(value instanceof Map)) return fail(path, 'an object', value);
      const result: Partial<T> = {};
      for (const name of members) {
        const member = shape[name].read(memberOf(value, name), `${path}.${name}`);
        if (member !== undefined) result[name] = member;
      }
      return result as T;
    },
    write(value) {
      const result: { [key: string]: FastjsonWritable | undefined } = {};
      for (const name of members) result[name] = shape[name].write(value[name]);
      return result;
    },
  };
}

/** Required text. */
export const text: ValueCodec<string> = {
  read: (value, path) => readText(value, path) ?? fail(path, 'a string', value),
  write: (value) => value,
};

export const optionalText: ValueCodec<string | undefined> = { read: readText, write: (value) => value };

export function textOr(otherwise: string): ValueCodec<string> {
  return { read: (value, path) => readText(value, path) ?? otherwise, write: (value) => value };
}

/** An integer; also one of 64 bits, if it is a safe one. */
export function integer(otherwise = 0): ValueCodec<number> {
  return {
    read(value, path) {
      if (value === undefined || value === null) return otherwise;
      const number = typeof value === 'string' && /^[+-]?[0-9]+$/.test(value) ? Number(value) : value;
      if (typeof number === 'number' && Number.isSafeInteger(number)) return number;
      return fail(path, 'an integer between -(2^53-1) and 2^53-1', value);
    },
    write: (value) => value,
  };
}

/** A 64-bit integer whose extremes occur (Long.MAX as "none"): a bigint beyond the safe integers. */
export const int64: ValueCodec<number | bigint> = {
  read: (value, path) => (typeof value === 'bigint' ? value : integer().read(value, path)),
  write: (value) => value,
};

/** A 64-bit version or time of which only the order counts: beyond the safe integers rounded (Go clients count nanoseconds). */
export const roundedInt64: ValueCodec<number> = {
  read: (value, path) => (typeof value === 'bigint' ? Number(value) : integer().read(value, path)),
  write: (value) => (Number.isSafeInteger(value) ? value : BigInt(value)),
};

/** A Java double: always written with a decimal point. */
export const double: ValueCodec<number> = {
  read(value, path) {
    if (value === undefined || value === null) return 0;
    const number = typeof value === 'string' || typeof value === 'bigint' ? Number(value) : value;
    return typeof number === 'number' && !Number.isNaN(number) ? number : fail(path, 'a number', value);
  },
  write: (value) => new FastjsonDouble(value),
};

export function bool(otherwise = false): ValueCodec<boolean> {
  return {
    read(value, path) {
      if (value === undefined || value === null) return otherwise;
      if (typeof value === 'boolean') return value;
      if (typeof value === 'string') return value.toLowerCase() === 'true';
      return typeof value === 'number' ? value === 1 : fail(path, 'true or false', value);
    },
    write: (value) => value,
  };
}

/** A Java enum: its name, or read from its ordinal. `otherwise` stands for one that is missing or has an unknown name. */
export function oneOf<T extends string>(names: readonly T[], otherwise?: T): ValueCodec<T> {
  return {
    read(value, path) {
      const found = typeof value === 'number' ? names[value] : names.find((name) => name === value);
      if (found !== undefined) return found;
      const named = value === undefined || value === null || typeof value === 'string';
      if (named && otherwise !== undefined) return otherwise;
      return fail(path, `one of ${names.join(', ')}`, value);
    },
    write: (value) => value,
  };
}

/** A member that is absent when undefined. */
export function optional<T>(codec: ValueCodec<T>): ValueCodec<T | undefined> {
  return {
    read: (value, path) => (value === undefined || value === null ? undefined : codec.read(value, path)),
    write: (value) => (value === undefined ? undefined : codec.write(value)),
  };
}

/** A Java set, as an array here: differs from a list when written prettily. */
export function setOf<T>(codec: ValueCodec<T>): ValueCodec<T[]> {
  return {
    read: listOf(codec).read,
    write: (value) => new Set(value.map((item) => codec.write(item) ?? null)),
  };
}

/** A Java list; a missing one is empty, and so is `{}`, which is how languages without a type for lists write it. */
export function listOf<T>(codec: ValueCodec<T>): ValueCodec<T[]> {
  return {
    read(value, path) {
      if (value === undefined || value === null || (value instanceof Map && value.size === 0)) return [];
      if (!Array.isArray(value)) return fail(path, 'an array', value);
      return value.map((item, index) => codec.read(item, `${path}[${index}]`));
    },
    write: (value) => value.map((item) => codec.write(item) ?? null),
  };
}

/** A Java map with string keys; a missing one is empty. Entries with null values are dropped. */
export function mapOf<V>(codec: ValueCodec<V>): ValueCodec<Map<string, V>> {
  return keyedMap((key) => (typeof key === 'object' ? undefined : String(key)), codec);
}

/** A Java map with Integer or Long keys: written without quotes, read with or without. */
export function intMapOf<V>(codec: ValueCodec<V>): ValueCodec<Map<number, V>> {
  return keyedMap((key) => {
    const number = typeof key === 'string' && /^-?[0-9]+$/.test(key) ? Number(key) : key;
    return typeof number === 'number' && Number.isSafeInteger(number) ? number : undefined;
  }, codec);
}

/** A Java map whose keys are beans: `{{"topic":"T"}:1}`. Keys of the Map are objects, equal by identity only. */
export function beanMapOf<K, V>(keyCodec: ValueCodec<K>, codec: ValueCodec<V>): ValueCodec<Map<K, V>> {
  return {
    read: keyedMap<K, V>(
      (key, path) => (typeof key === 'object' ? keyCodec.read(key, path) : undefined),
      codec,
    ).read,
    write: (map) =>
      new Map(
        [...map].map(([key, value]) => [keyCodec.write(key) as FastjsonBean, codec.write(value) ?? null]),
      ),
  };
}

function keyedMap<K, V>(
  readKey: (key: FastjsonKey, path: string) => K | undefined,
  codec: ValueCodec<V>,
): ValueCodec<Map<K, V>> {
  return {
    read(value, path) {
      const result = new Map<K, V>();
      if (value === undefined || value === null) return result;
      if (!(value instanceof Map)) return fail(path, 'an object', value);
      for (const [key, item] of value) {
        if (item === null) continue;
        const name = typeof key === 'object' ? '{…}' : String(key);
        const typed = readKey(key, `key ${name} of ${path}`);
        if (typed === undefined) return fail(`key ${name} of ${path}`, 'a key of another type', key);
        result.set(typed, codec.read(item, `${path}.${name}`));
      }
      return result;
    },
    write: (map) => {
      const result = new Map<string | number, FastjsonWritable>();
      for (const [key, value] of map) result.set(key as string | number, codec.write(value) ?? null);
      return result;
    },
  };
}

function readText(value: FastjsonValue | undefined, path: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? fail(path, 'a string', value) : String(value);
}

function fail(path: string, expected: string, found: FastjsonValue | undefined): never {
  const text =
    found === undefined ? 'nothing' : typeof found === 'object' ? stringifyFastjson(found) : String(found);
  throw new ProtocolError('BODY_MALFORMED', `${path} must be ${expected}, found ${text.slice(0, 60)}`);
}
