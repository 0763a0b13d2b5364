import { ProtocolError } from '../protocol-error.ts';
import { requestCodeName } from '../request-code.ts';

/**
 * Typed access to the ext fields of one request or answer, for codes outside the per-message path.
 *
 * Numbers are parsed as Java's `Integer.parseInt` and `Long.parseLong` do; a field that is missing or not what was
 * asked for throws a ProtocolError that names the code and the field. (4.4.0 only logs it and goes on with null.)
 */
export class ExtReader {
  readonly #code: number;
  readonly #ext: ReadonlyMap<string, string>;

  constructor(code: number, ext: ReadonlyMap<string, string>) {
    this.#code = code;
    this.#ext = ext;
  }

  string(name: string): string {
    return this.#ext.get(name) ?? this.#missing(name);
  }

  optionalString(name: string): string | undefined {
    return this.#ext.get(name);
  }

  int(name: string): number {
    return this.optionalInt(name) ?? this.#missing(name);
  }

  optionalInt(name: string): number | undefined {
    const text = this.#ext.get(name);
    if (text === undefined) return undefined;
    const value = /^[+-]?[0-9]+$/.test(text) ? Number(text) : Number.NaN;
    if (value === (value | 0)) return value | 0;
    return this.#invalid(name, text, 'a 32-bit integer');
  }

  /** A 64-bit field as a number; throws when it is not a safe integer. */
  long(name: string): number {
    return this.optionalLong(name) ?? this.#missing(name);
  }

  optionalLong(name: string): number | undefined {
    const value = this.#int64(name);
    if (value === undefined) return undefined;
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    return this.#invalid(name, String(value), 'an integer between -(2^53-1) and 2^53-1');
  }

  /** A 64-bit field whose extremes mean "no limit" (`endTimestamp` = Long.MAX): clamped to the safe integers. */
  longClamped(name: string): number {
    const value = this.#int64(name) ?? this.#missing(name);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
    if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
    return Number(value);
  }

  /** As `Boolean.parseBoolean`: true for "true" in any case, false for everything else. */
  boolean(name: string): boolean {
    return this.optionalBoolean(name) ?? this.#missing(name);
  }

  optionalBoolean(name: string): boolean | undefined {
    const text = this.#ext.get(name);
    return text === undefined ? undefined : text.toLowerCase() === 'true';
  }

  #int64(name: string): bigint | undefined {
    const text = this.#ext.get(name);
    if (text === undefined) return undefined;
    if (/^[+-]?[0-9]{1,32}$/.test(text)) {
      const value = BigInt(text.startsWith('+') ? text.slice(1) : text);
      if (value === BigInt.asIntN(64, value)) return value;
    }
    return this.#invalid(name, text, 'a 64-bit integer');
  }

  #missing(name: string): never {
    throw new ProtocolError(
      'HEADER_FIELD_MISSING',
      `${requestCodeName(this.#code)} (${this.#code}): header field "${name}" is missing; send it in extFields`,
    );
  }

  #invalid(name: string, found: string, expected: string): never {
    throw new ProtocolError(
      'HEADER_FIELD_INVALID',
      `${requestCodeName(this.#code)} (${this.#code}): header field "${name}" must be ${expected}, found ${JSON.stringify(found.slice(0, 40))}`,
    );
  }
}
