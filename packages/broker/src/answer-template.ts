/**
 * A hot answer as bytes: one copy of a prepared frame, then the numbers that differ from answer to answer.
 *
 * Fields are given in the order in which 4.4.0 writes them. A number field's digits are written into the prepared frame in
 * place, which fits as long as every number has as many digits as in the frame; so there is a frame for each combination
 * of digit counts met (few: an offset's count changes once in a factor of ten). The optional id field is an offset
 * message id, whose last 16 digits are written anew each time.
 *
 * Layout of frames and of both header forms: `encodeCommand` of the protocol package, which makes the prepared frames.
 */
import { decimalDigits, encodeCommand, FLAG_RESPONSE, SerializeType } from '@rocketmq-ts/protocol';
import type { OutputBuffer } from '@rocketmq-ts/remoting';
import { ANSWER_LANGUAGE, ANSWER_VERSION } from './answer-identity.ts';
import { writeDigitsBefore, writeHex64 } from './byte-writer.ts';

/** A field with fixed text, or with a number that is set for every answer. */
export type TemplateField = readonly [name: string, text: string | typeof NUMBER];
export const NUMBER = Symbol('number');

const MAX_NUMBERS = 4;
const DIGIT_BITS = 5;
/** Added to the digit count of a negative opaque. */
const NEGATIVE = 11;
/** Frames kept per serialize type; past it they are all made anew. */
const MAX_FRAMES = 512;
const ID_DIGITS = 32;
const ID_OFFSET_AT = 16;
/** Length field, header mark, then code, language and version of a binary header. */
const BINARY_OPAQUE_AT = 4 + 4 + 5;

interface Prepared {
  readonly digits: number;
  readonly frame: Buffer;
  /** Where the digits of each number end. */
  readonly numberEnds: Int32Array;
  /** Where the offset part of the id starts, or -1. */
  readonly idOffsetAt: number;
  /** JSON: where the digits of `opaque` end. Binary: where it starts. */
  readonly opaqueAt: number;
}

export interface TemplateOptions {
  readonly code: number;
  readonly remark?: string | undefined;
  readonly fields: readonly TemplateField[];
  /** Name of the field that holds an offset message id. */
  readonly idField?: string;
}

export class AnswerTemplate {
  /** The number fields' values, in order: non-negative safe integers. Set before `write`. */
  readonly values = new Float64Array(MAX_NUMBERS);
  /** The physical offset in the id field. */
  idOffset = 0;

  readonly #options: TemplateOptions;
  readonly #numberNames: readonly string[];
  readonly #json = new Map<number, Prepared>();
  readonly #binary = new Map<number, Prepared>();
  #lastJson: Prepared | undefined;
  #lastBinary: Prepared | undefined;

  constructor(options: TemplateOptions) {
    this.#options = options;
    this.#numberNames = options.fields.filter(([, text]) => text === NUMBER).map(([name]) => name);
  }

  /** Appends the answer; a body of `bodyBytes` is to be appended next. */
  write(output: OutputBuffer, opaque: number, serializeType: number, bodyBytes: number): void {
    const numbers = this.#numberNames.length;
    let digits = 0;
    for (let i = 0; i < numbers; i++) digits = (digits << DIGIT_BITS) | decimalDigits(this.values[i]!);
    let prepared: Prepared;
    if (serializeType === SerializeType.ROCKETMQ) {
      const last = this.#lastBinary;
      prepared = last !== undefined && last.digits === digits ? last : this.#findBinary(digits);
    } else {
      // The sign of a negative opaque is part of the frame.
      const count = opaque >= 0 ? decimalDigits(opaque) : NEGATIVE + decimalDigits(-opaque);
      digits = (digits << DIGIT_BITS) | count;
      const last = this.#lastJson;
      prepared = last !== undefined && last.digits === digits ? last : this.#findJson(digits, opaque);
    }
    const { frame, numberEnds, idOffsetAt, opaqueAt } = prepared;
    const position = output.reserve(frame.length);
    const target = output.buffer;
    target.set(frame, position);
    for (let i = 0; i < numbers; i++) writeDigitsBefore(target, position + numberEnds[i]!, this.values[i]!);
    if (idOffsetAt >= 0) writeHex64(target, position + idOffsetAt, this.idOffset);
    if (serializeType === SerializeType.ROCKETMQ) writeInt32(target, position + opaqueAt, opaque);
    else writeDigitsBefore(target, position + opaqueAt, opaque >= 0 ? opaque : -opaque);
    if (bodyBytes > 0) writeInt32(target, position, frame.length - 4 + bodyBytes);
    output.commit(position + frame.length);
  }

  #findJson(digits: number, opaque: number): Prepared {
    let prepared = this.#json.get(digits);
    if (prepared === undefined) {
      if (this.#json.size >= MAX_FRAMES) this.#json.clear();
      prepared = this.#prepareJson(digits, opaque);
      this.#json.set(digits, prepared);
    }
    this.#lastJson = prepared;
    return prepared;
  }

  #findBinary(digits: number): Prepared {
    let prepared = this.#binary.get(digits);
    if (prepared === undefined) {
      if (this.#binary.size >= MAX_FRAMES) this.#binary.clear();
      prepared = this.#prepareBinary(digits);
      this.#binary.set(digits, prepared);
    }
    this.#lastBinary = prepared;
    return prepared;
  }

  #encode(opaque: number, serializeType: SerializeType): Buffer {
    const ext = new Map<string, string>();
    let number = 0;
    for (const [name, text] of this.#options.fields) {
      ext.set(name, text === NUMBER ? `${this.values[number++]!}` : (text as string));
    }
    return encodeCommand({
      code: this.#options.code,
      language: ANSWER_LANGUAGE,
      version: ANSWER_VERSION,
      opaque,
      flag: FLAG_RESPONSE,
      remark: this.#options.remark,
      ext,
      body: undefined,
      serializeType,
    });
  }

  #prepareJson(digits: number, opaque: number): Prepared {
    const frame = this.#encode(opaque, SerializeType.JSON);
    const valueEnd = (name: string): number => {
      const key = `${JSON.stringify(name)}:"`;
      return frame.indexOf(0x22, frame.indexOf(key) + key.length);
    };
    const opaqueKey = '"opaque":';
    // The last one: a remark or a field's value cannot stand behind it, "version" only.
    const opaqueAt = frame.lastIndexOf(opaqueKey) + opaqueKey.length + `${opaque}`.length;
    return this.#prepared(digits, frame, valueEnd, opaqueAt);
  }

  #prepareBinary(digits: number): Prepared {
    const frame = this.#encode(0, SerializeType.ROCKETMQ);
    const valueEnd = (name: string): number => {
      // With the length before it, so that nothing in a value is taken for the name.
      const key = Buffer.concat([Buffer.from([name.length >>> 8, name.length]), Buffer.from(name)]);
      const lengthAt = frame.indexOf(key) + key.length;
      return lengthAt + 4 + frame.readInt32BE(lengthAt);
    };
    return this.#prepared(digits, frame, valueEnd, BINARY_OPAQUE_AT);
  }

  #prepared(digits: number, frame: Buffer, valueEnd: (name: string) => number, opaqueAt: number): Prepared {
    const { idField } = this.#options;
    return {
      digits,
      frame,
      numberEnds: Int32Array.from(this.#numberNames, valueEnd),
      idOffsetAt: idField === undefined ? -1 : valueEnd(idField) - ID_DIGITS + ID_OFFSET_AT,
      opaqueAt,
    };
  }
}

function writeInt32(target: Uint8Array, position: number, value: number): void {
  target[position] = value >>> 24;
  target[position + 1] = value >>> 16;
  target[position + 2] = value >>> 8;
  target[position + 3] = value;
}
