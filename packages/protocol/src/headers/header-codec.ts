import { ExtReader } from './ext-reader.ts';

/**
 * Typed request and response headers over ext fields (`CommandCustomHeader` with its annotated fields).
 *
 * A header is a table of fields in RocketMQ's spelling, from which its reader and its writer follow.
 * Fields marked CFNotNull in Java are required here: 4.4.0 only logs their absence and fails later on.
 */
export interface FieldCodec<T> {
  read(reader: ExtReader, name: string): T;
  /** The text on the wire; `String(value)` unless given. */
  write?(value: T): string;
}

/** Text; numbers and booleans are written as Java prints them, undefined ones left out. */
export const str: FieldCodec<string> = { read: (reader, name) => reader.string(name) };
export const int: FieldCodec<number> = { read: (reader, name) => reader.int(name) };
/** A 64-bit integer that must be a safe one. */
export const long: FieldCodec<number> = { read: (reader, name) => reader.long(name) };
/** A 64-bit integer clamped to the safe ones, whose ends stand for Java's: times with Long.MAX as "no end". */
export const longClamped: FieldCodec<number> = {
  read: (reader, name) => reader.longClamped(name),
  write(value) {
    if (value >= Number.MAX_SAFE_INTEGER) return '9223372036854775807';
    return value <= Number.MIN_SAFE_INTEGER ? '-9223372036854775808' : String(value);
  },
};
export const bool: FieldCodec<boolean> = { read: (reader, name) => reader.boolean(name) };
export const optionalStr: FieldCodec<string | undefined> = {
  read: (reader, name) => reader.optionalString(name),
};
export const optionalInt: FieldCodec<number | undefined> = {
  read: (reader, name) => reader.optionalInt(name),
};
export const optionalLong: FieldCodec<number | undefined> = {
  read: (reader, name) => reader.optionalLong(name),
};
export const optionalBool: FieldCodec<boolean | undefined> = {
  read: (reader, name) => reader.optionalBoolean(name),
};
/** A primitive boolean of Java: always written, false when absent. */
export const flagged: FieldCodec<boolean> = {
  read: (reader, name) => reader.optionalBoolean(name) ?? false,
};
/** A primitive int or long of Java: always written, 0 when absent. */
export const intOrZero: FieldCodec<number> = { read: (reader, name) => reader.optionalInt(name) ?? 0 };
export const longOrZero: FieldCodec<number> = { read: (reader, name) => reader.optionalLong(name) ?? 0 };

export type HeaderShape<T> = { readonly [K in keyof T]-?: FieldCodec<T[K]> };

export interface HeaderCodec<T> {
  /** `code` is named in errors; the code the header was declared for unless given. Throws ProtocolError. */
  parse(ext: ReadonlyMap<string, string>, code?: number): T;
  encode(header: T): Map<string, string>;
}

/** `wireNames` maps field names to what they are called on the wire, where that differs. */
export function headerCodec<T>(
  code: number,
  shape: HeaderShape<T>,
  wireNames: Partial<Record<keyof T, string>> = {},
): HeaderCodec<T> {
  const names = Object.keys(shape) as (keyof T & string)[];
  return {
    parse(ext, parsedCode = code) {
      const reader = new ExtReader(parsedCode, ext);
      const header: Partial<T> = {};
      for (const name of names) {
        const value = shape[name].read(reader, wireNames[name] ?? name);
        if (value !== undefined) header[name] = value;
      }
      return header as T;
    },
    encode(header) {
      const ext = new Map<string, string>();
      for (const name of names) {
        const value = header[name];
        if (value === undefined) continue;
        const field = shape[name];
        ext.set(wireNames[name] ?? name, field.write?.(value) ?? String(value));
      }
      return ext;
    },
  };
}
