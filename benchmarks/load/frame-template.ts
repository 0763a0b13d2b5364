/**
 * Request frames built once and patched in place: only the digits that differ from message to message are written.
 * Headers are what the 4.4.0 client sends, field for field.
 *
 * Frame: int32 length | int32 header length (serialize type JSON) | header | body
 */
const OPAQUE_DIGITS = 7;
const OPAQUE_BASE = 1_000_000;
/** Opaques repeat after this many requests of a connection; far more than are ever in flight. */
export const OPAQUE_RANGE = 1 << 20;
const UNIQUE_DIGITS = 9;
const BODY_DIGITS = 9;

export class FrameTemplate {
  readonly bytes: Buffer;
  readonly #opaqueAt: number;
  readonly #uniqueAt: number;
  readonly #bodyAt: number;

  private constructor(bytes: Buffer, uniqueMark: string | undefined, bodyAt: number) {
    this.bytes = bytes;
    this.#opaqueAt = bytes.indexOf(`"opaque":${OPAQUE_BASE}`) + '"opaque":'.length;
    this.#uniqueAt = uniqueMark === undefined ? -1 : bytes.indexOf(uniqueMark) + uniqueMark.length;
    this.#bodyAt = bodyAt;
  }

  /** SEND_MESSAGE_V2 (310) with TAGS, WAIT and a UNIQ_KEY that differs in every message; with a delay level above 0. */
  static send(topic: string, queueId: number, bodyBytes: number, delayLevel = 0): FrameTemplate {
    const unique = 'C0000202ABCD1DBD16A670D';
    const delay = delayLevel > 0 ? `DELAY\u0001${delayLevel}\u0002` : '';
    const properties = `${delay}UNIQ_KEY\u0001${unique}${'0'.repeat(UNIQUE_DIGITS)}\u0002WAIT\u0001true\u0002TAGS\u0001TagA\u0002`;
    const extFields = {
      a: 'BenchmarkProducer',
      b: topic,
      c: 'TBW102',
      d: '4',
      e: String(queueId),
      f: '0',
      g: String(Date.now()),
      h: '0',
      i: properties,
      j: '0',
      k: 'false',
      m: 'false',
    };
    const body = Buffer.alloc(bodyBytes, 'the body of a message, ');
    const bytes = frame(310, extFields, body);
    return new FrameTemplate(bytes, unique, bytes.length - bodyBytes);
  }

  /** Writes this frame at `position` of `target`; answers the position behind it. */
  write(target: Buffer, position: number, opaque: number, number: number): number {
    const end = position + this.bytes.length;
    target.set(this.bytes, position);
    writeDigits(target, position + this.#opaqueAt, OPAQUE_DIGITS, OPAQUE_BASE + opaque);
    if (this.#uniqueAt >= 0) writeDigits(target, position + this.#uniqueAt, UNIQUE_DIGITS, number);
    if (this.bytes.length - this.#bodyAt >= BODY_DIGITS)
      writeDigits(target, position + this.#bodyAt, BODY_DIGITS, number);
    return end;
  }
}

/** PULL_MESSAGE (11) with the subscription inline, so that no consumer has to be registered. */
export function pullFrame(topic: string, queueId: number, offset: number, suspendMs: number): Buffer {
  const extFields = {
    queueId: String(queueId),
    maxMsgNums: '32',
    sysFlag: suspendMs > 0 ? '6' : '4',
    suspendTimeoutMillis: String(suspendMs),
    commitOffset: '0',
    topic,
    queueOffset: String(offset),
    expressionType: 'TAG',
    subscription: '*',
    subVersion: '0',
    consumerGroup: 'BenchmarkConsumer',
  };
  const bytes = frame(11, extFields, Buffer.alloc(0));
  writeDigits(bytes, bytes.indexOf('"opaque":') + '"opaque":'.length, OPAQUE_DIGITS, OPAQUE_BASE + queueId);
  return bytes;
}

/** The number that `write` put at the start of a body. */
export function bodyNumber(body: Buffer, start: number): number {
  return readDigits(body, start, BODY_DIGITS);
}

/** The opaque in a response's header, counted from the one that the templates start with. */
export function opaqueAt(buffer: Buffer, start: number): number {
  return readDigits(buffer, start, OPAQUE_DIGITS) - OPAQUE_BASE;
}

function frame(code: number, extFields: Readonly<Record<string, string>>, body: Buffer): Buffer {
  const opaque = OPAQUE_BASE;
  const header = {
    code,
    extFields,
    flag: 0,
    language: 'JAVA',
    opaque,
    serializeTypeCurrentRPC: 'JSON',
    version: 293,
  };
  const text = Buffer.from(JSON.stringify(header));
  const start = Buffer.alloc(8);
  start.writeInt32BE(4 + text.length + body.length, 0);
  start.writeInt32BE(text.length, 4);
  return Buffer.concat([start, text, body]);
}

function writeDigits(target: Buffer, position: number, digits: number, value: number): void {
  let rest = value;
  for (let i = position + digits - 1; i >= position; i--) {
    const next = Math.floor(rest / 10);
    target[i] = 48 + rest - next * 10;
    rest = next;
  }
}

function readDigits(source: Buffer, position: number, digits: number): number {
  let value = 0;
  for (let i = position; i < position + digits; i++) value = value * 10 + (source[i] as number) - 48;
  return value;
}
