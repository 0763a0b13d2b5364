import { scanBinaryHeader } from './binary-header-scanner.ts';
import { parseDecimal } from './decimal.ts';
import { decodeHeader } from './frame.ts';
import { scanJsonHeader } from './json-header-scanner.ts';
import { ProtocolError } from './protocol-error.ts';
import { type RemotingCommand, SerializeType } from './remoting-command.ts';
import { requestCodeName } from './request-code.ts';
import { unescapeInto } from './unescape.ts';

/**
 * The header of a frame as numbers and byte ranges, without objects: what the per-message path reads.
 *
 * One view is reused for every frame. After `scan`, fields are ranges in `buffer`: the scanned buffer for usual
 * headers, an own one for unusual ones (duplicate or escaped names, nested or null values, foreign JSON, more than
 * 64 fields), which went through the general parser. Hence read fields through `view.buffer` only. A value with
 * `valueEscaped` 1 holds JSON escapes: see `unescapeInto`.
 * Fields are found through a hash over length, first and last byte of their names.
 */
const EMPTY = Buffer.alloc(0);
/** Ext fields that the scanners take. */
const SCAN_FIELDS = 64;
/** Bound on ext fields of any header. */
const MAX_EXT_FIELDS = 4096;
const SLOTS = 64;

export class HeaderView {
  buffer: Buffer = EMPTY;
  code = 0;
  flag = 0;
  opaque = 0;
  version = 0;
  language = 0;
  serializeType: SerializeType = SerializeType.JSON;
  extCount = 0;
  keyStart = new Int32Array(SCAN_FIELDS);
  keyEnd = new Int32Array(SCAN_FIELDS);
  valueStart = new Int32Array(SCAN_FIELDS);
  valueEnd = new Int32Array(SCAN_FIELDS);
  /** 1 where the value has JSON escapes. */
  valueEscaped = new Uint8Array(SCAN_FIELDS);
  /** -1 when there is no remark. */
  remarkStart = -1;
  remarkEnd = -1;
  remarkEscaped = 0;
  /** Index + 1 of the newest field in each slot; 0 for none. */
  readonly #slots = new Uint16Array(SLOTS);
  /** Slot of each field, and index + 1 of the field before it in that slot. */
  #slotOf = new Uint8Array(SCAN_FIELDS);
  #next = new Uint16Array(SCAN_FIELDS);
  #own = Buffer.alloc(1024);

  /** Reads the header [start, end). Throws ProtocolError; the view must not be read then. */
  scan(buffer: Buffer, start: number, end: number, serializeType: number): void {
    if (start < 0 || start > end || end > buffer.length) {
      throw new ProtocolError(
        'FRAME_MALFORMED',
        `header bytes ${start} to ${end} are not inside a buffer of ${buffer.length} bytes`,
      );
    }
    this.#clear();
    if (serializeType === SerializeType.JSON) {
      if (scanJsonHeader(this, buffer, start, end)) return;
    } else if (serializeType === SerializeType.ROCKETMQ) {
      if (scanBinaryHeader(this, buffer, start, end)) return;
    }
    this.#clear();
    this.#adopt(decodeHeader(buffer, start, end, serializeType));
  }

  /** Index of the field named `key`, -1 when there is none. A HeaderKey saves looking the name up. */
  find(key: string | HeaderKey): number {
    const name = typeof key === 'string' ? headerKey(key) : key;
    const { bytes, length } = name;
    for (let at = this.#slots[name.slot] as number; at > 0; at = this.#next[at - 1] as number) {
      const start = this.keyStart[at - 1] as number;
      if ((this.keyEnd[at - 1] as number) - start !== length) continue;
      let i = 0;
      while (i < length && this.buffer[start + i] === bytes[i]) i++;
      if (i === length) return at - 1;
    }
    return -1;
  }

  /** Index of the field whose name is the one ASCII letter `letter` (a char code), -1 when there is none. */
  findLetter(letter: number): number {
    let at = this.#slots[slotOf(1, letter, letter)] as number;
    for (; at > 0; at = this.#next[at - 1] as number) {
      const start = this.keyStart[at - 1] as number;
      if ((this.keyEnd[at - 1] as number) - start === 1 && this.buffer[start] === letter) return at - 1;
    }
    return -1;
  }

  /** For scanners: adds a field; false when there are too many or it is there already. */
  addField(
    keyStart: number,
    keyEnd: number,
    valueStart: number,
    valueEnd: number,
    valueEscaped: number,
  ): boolean {
    const index = this.extCount;
    if (index >= SCAN_FIELDS) return false;
    const { buffer } = this;
    const length = keyEnd - keyStart;
    const slot = length === 0 ? 0 : slotOf(length, buffer[keyStart] as number, buffer[keyEnd - 1] as number);
    const other = this.#slots[slot] as number;
    if (other > 0 && this.#hasKey(other, keyStart, keyEnd)) return false;
    this.#link(index, slot);
    this.keyStart[index] = keyStart;
    this.keyEnd[index] = keyEnd;
    this.valueStart[index] = valueStart;
    this.valueEnd[index] = valueEnd;
    this.valueEscaped[index] = valueEscaped;
    this.extCount = index + 1;
    return true;
  }

  key(index: number): string {
    return this.buffer.toString('utf8', this.keyStart[index], this.keyEnd[index]);
  }

  string(index: number): string {
    const start = this.valueStart[index] as number;
    const end = this.valueEnd[index] as number;
    if (this.valueEscaped[index] === 0) return this.buffer.toString('utf8', start, end);
    return unescapedText(this.buffer, start, end);
  }

  /** Throws ProtocolError, naming the field, unless it is a 32-bit integer. */
  int(index: number): number {
    const value = this.#integer(index);
    if (value === (value | 0)) return value;
    return this.#invalid(index, 'a 32-bit integer');
  }

  /** Throws ProtocolError, naming the field, unless it is a safe integer. */
  long(index: number): number {
    const value = this.#integer(index);
    if (!Number.isNaN(value)) return value;
    return this.#invalid(index, 'an integer between -(2^53-1) and 2^53-1');
  }

  /** As `Boolean.parseBoolean`. */
  boolean(index: number): boolean {
    const start = this.valueStart[index] as number;
    return (this.valueEnd[index] as number) - start === 4 && this.string(index).toLowerCase() === 'true';
  }

  remark(): string | undefined {
    if (this.remarkStart < 0) return undefined;
    if (this.remarkEscaped) return unescapedText(this.buffer, this.remarkStart, this.remarkEnd);
    return this.buffer.toString('utf8', this.remarkStart, this.remarkEnd);
  }

  toExt(): Map<string, string> {
    const ext = new Map<string, string>();
    for (let i = 0; i < this.extCount; i++) ext.set(this.key(i), this.string(i));
    return ext;
  }

  /** Throws ProtocolError: the field is required. `code` names the request in the message. */
  missing(key: string): never {
    throw new ProtocolError(
      'HEADER_FIELD_MISSING',
      `${requestCodeName(this.code)} (${this.code}): header field "${key}" is missing; send it in extFields`,
    );
  }

  #integer(index: number): number {
    if (this.valueEscaped[index] === 0) {
      return parseDecimal(this.buffer, this.valueStart[index] as number, this.valueEnd[index] as number);
    }
    const text = Buffer.from(this.string(index));
    return parseDecimal(text, 0, text.length);
  }

  #invalid(index: number, expected: string): never {
    throw new ProtocolError(
      'HEADER_FIELD_INVALID',
      `${requestCodeName(this.code)} (${this.code}): header field "${this.key(index)}" must be ${expected}, found ${JSON.stringify(this.string(index).slice(0, 40))}`,
    );
  }

  #clear(): void {
    for (let i = 0; i < this.extCount; i++) this.#slots[this.#slotOf[i] as number] = 0;
    this.extCount = 0;
  }

  #link(index: number, slot: number): void {
    this.#next[index] = this.#slots[slot] as number;
    this.#slots[slot] = index + 1;
    this.#slotOf[index] = slot;
  }

  /** Whether a field of this slot's chain has the name at [start, end). */
  #hasKey(first: number, start: number, end: number): boolean {
    for (let at = first; at > 0; at = this.#next[at - 1] as number) {
      const other = this.keyStart[at - 1] as number;
      if ((this.keyEnd[at - 1] as number) - other !== end - start) continue;
      let i = start;
      while (i < end && this.buffer[i] === this.buffer[other + i - start]) i++;
      if (i === end) return true;
    }
    return false;
  }

  /** Lays the fields of a generally parsed header out in the own buffer, unescaped. */
  #adopt(command: RemotingCommand): void {
    if (command.ext.size > MAX_EXT_FIELDS) {
      throw new ProtocolError(
        'HEADER_MALFORMED',
        `the header has ${command.ext.size} ext fields, more than ${MAX_EXT_FIELDS}`,
      );
    }
    let bytes = Buffer.byteLength(command.remark ?? '');
    for (const [key, value] of command.ext) bytes += Buffer.byteLength(key) + Buffer.byteLength(value);
    this.#reserve(command.ext.size, bytes);
    this.buffer = this.#own;
    this.code = command.code;
    this.flag = command.flag;
    this.opaque = command.opaque;
    this.version = command.version;
    this.language = command.language;
    this.serializeType = command.serializeType;
    let at = 0;
    for (const [key, value] of command.ext) {
      const index = this.extCount++;
      this.keyStart[index] = at;
      at += this.#own.write(key, at);
      this.keyEnd[index] = at;
      const start = this.keyStart[index] as number;
      this.#link(
        index,
        at === start ? 0 : slotOf(at - start, this.#own[start] as number, this.#own[at - 1] as number),
      );
      this.valueStart[index] = at;
      at += this.#own.write(value, at);
      this.valueEnd[index] = at;
      this.valueEscaped[index] = 0;
    }
    this.remarkStart = command.remark === undefined ? -1 : at;
    this.remarkEnd = command.remark === undefined ? -1 : at + this.#own.write(command.remark, at);
    this.remarkEscaped = 0;
  }

  #reserve(fields: number, bytes: number): void {
    if (bytes > this.#own.length) this.#own = Buffer.alloc(bytes * 2);
    if (fields <= this.keyStart.length) return;
    this.keyStart = new Int32Array(fields);
    this.keyEnd = new Int32Array(fields);
    this.valueStart = new Int32Array(fields);
    this.valueEnd = new Int32Array(fields);
    this.valueEscaped = new Uint8Array(fields);
    this.#slotOf = new Uint8Array(fields);
    this.#next = new Uint16Array(fields);
  }
}

/** A field name, prepared for `HeaderView.find`. */
export class HeaderKey {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly length: number;
  readonly slot: number;

  constructor(name: string) {
    this.name = name;
    this.bytes = new Uint8Array(Buffer.from(name));
    this.length = this.bytes.length;
    this.slot =
      this.length === 0
        ? 0
        : slotOf(this.length, this.bytes[0] as number, this.bytes[this.length - 1] as number);
  }
}

/** The prepared names of all strings asked for, bounded. */
const KEYS = new Map<string, HeaderKey>();

function headerKey(name: string): HeaderKey {
  let key = KEYS.get(name);
  if (key === undefined) {
    if (KEYS.size >= 1024) KEYS.clear();
    key = new HeaderKey(name);
    KEYS.set(name, key);
  }
  return key;
}

function slotOf(length: number, first: number, last: number): number {
  return (length + first * 5 + last * 5) & (SLOTS - 1);
}

function unescapedText(buffer: Buffer, start: number, end: number): string {
  const target = Buffer.allocUnsafe(end - start);
  return target.toString('utf8', 0, unescapeInto(target, 0, buffer, start, end));
}
