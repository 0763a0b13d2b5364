/**
 * Cuts a connection's answers into frames and finds the opaque of each without parsing its JSON: the place where it
 * was in the last answer is looked at first.
 */
import { opaqueAt } from './frame-template.ts';

const OPAQUE = Buffer.from('"opaque":');
const SUCCESS = Buffer.from('{"code":0,');
const CODE = Buffer.from('"code":0,');

/** `bodyStart` to `end` is the answer's body. */
export type OnResponse = (
  opaque: number,
  ok: boolean,
  buffer: Buffer,
  headerStart: number,
  bodyStart: number,
  end: number,
) => void;

export class ResponseReader {
  readonly #onResponse: OnResponse;
  #rest: Buffer | undefined;
  /** From the end of the header back to the end of the name `"opaque":`. */
  #distance = 0;

  constructor(onResponse: OnResponse) {
    this.#onResponse = onResponse;
  }

  read(chunk: Buffer): void {
    const buffer = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    let position = 0;
    while (buffer.length - position >= 8) {
      const end = position + 4 + int32(buffer, position);
      if (end > buffer.length) break;
      const headerStart = position + 8;
      const headerEnd = headerStart + (int32(buffer, position + 4) & 0xffffff);
      this.#frame(buffer, headerStart, headerEnd, end);
      position = end;
    }
    this.#rest = position < buffer.length ? buffer.subarray(position) : undefined;
  }

  #frame(buffer: Buffer, headerStart: number, headerEnd: number, end: number): void {
    if (!startsWith(buffer, headerEnd - this.#distance - OPAQUE.length, OPAQUE)) {
      const found = buffer.indexOf(OPAQUE, headerStart);
      if (found < 0 || found > headerEnd) throw new Error('an answer without an opaque');
      this.#distance = headerEnd - found - OPAQUE.length;
    }
    const ok = startsWith(buffer, headerStart, SUCCESS) || isSuccess(buffer, headerStart, headerEnd);
    this.#onResponse(opaqueAt(buffer, headerEnd - this.#distance), ok, buffer, headerStart, headerEnd, end);
  }
}

/** Java answers requests too (it tells consumers of changes): those have no opaque of ours and never come here. */
function isSuccess(buffer: Buffer, start: number, end: number): boolean {
  const found = buffer.indexOf(CODE, start);
  return found >= 0 && found < end;
}

function startsWith(buffer: Buffer, position: number, bytes: Buffer): boolean {
  if (position < 0) return false;
  for (let i = 0; i < bytes.length; i++) if (buffer[position + i] !== bytes[i]) return false;
  return true;
}

function int32(buffer: Buffer, position: number): number {
  return (
    ((buffer[position] as number) << 24) |
    ((buffer[position + 1] as number) << 16) |
    ((buffer[position + 2] as number) << 8) |
    (buffer[position + 3] as number)
  );
}
