/**
 * A remoting client of a few lines that shares no code with our packages, so that a mistake of theirs is not repeated
 * here: JSON headers, one connection, answers matched by opaque.
 *
 * Frame: int32 length (of what follows) | int32 serialize type (high byte) and header length | header | body
 */
import { connect, type Socket } from 'node:net';

export interface RawResponse {
  readonly code: number;
  readonly remark: string | undefined;
  readonly ext: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface Pending {
  readonly resolve: (response: RawResponse) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

export function encodeFrame(
  header: Readonly<Record<string, unknown>>,
  body: Buffer = Buffer.alloc(0),
): Buffer {
  const text = Buffer.from(JSON.stringify(header));
  const frame = Buffer.alloc(8 + text.length + body.length);
  frame.writeInt32BE(4 + text.length + body.length, 0);
  frame.writeInt32BE(text.length, 4);
  text.copy(frame, 8);
  body.copy(frame, 8 + text.length);
  return frame;
}

export class RawClient {
  readonly socket: Socket;
  readonly closed: Promise<void>;
  #pending = new Map<number, Pending>();
  #opaque = 0;
  #received: Buffer = Buffer.alloc(0);

  static connect(address: string, timeoutMs = 60_000): Promise<RawClient> {
    const separator = address.lastIndexOf(':');
    const socket = connect({ host: address.slice(0, separator), port: Number(address.slice(separator + 1)) });
    socket.setNoDelay(true);
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        socket.destroy();
        reject(new Error(`${address} did not accept a connection within ${timeoutMs} ms`));
      }, timeoutMs);
      socket.once('error', (error) => {
        clearTimeout(timer);
        reject(error);
      });
      socket.once('connect', () => {
        clearTimeout(timer);
        resolve(new RawClient(socket));
      });
    });
  }

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.#data(chunk));
    socket.on('error', () => {}); // 'close' follows
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.closed.then(() => {
      for (const { reject, timer } of this.#pending.values()) {
        clearTimeout(timer);
        reject(new Error('connection closed'));
      }
      this.#pending.clear();
    });
  }

  request(
    code: number,
    ext: Readonly<Record<string, string | number | boolean>> = {},
    body?: Buffer,
    timeoutMs = 60_000,
  ): Promise<RawResponse> {
    if (this.socket.destroyed) return Promise.reject(new Error('connection closed'));
    const opaque = ++this.#opaque;
    const extFields = Object.fromEntries(Object.entries(ext).map(([key, value]) => [key, String(value)]));
    const header = { code, extFields, flag: 0, language: 'JAVA', opaque, version: 293 };
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(opaque);
        reject(new Error(`request ${code} was not answered within ${timeoutMs} ms`));
      }, timeoutMs);
      this.#pending.set(opaque, { resolve, reject, timer });
      this.socket.write(encodeFrame({ ...header, serializeTypeCurrentRPC: 'JSON' }, body));
    });
  }

  close(): void {
    this.socket.destroy();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #data(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (this.#received.length >= 4) {
      const end = 4 + this.#received.readInt32BE(0);
      if (this.#received.length < end) return;
      this.#frame(this.#received.subarray(0, end));
      this.#received = this.#received.subarray(end);
    }
  }

  #frame(frame: Buffer): void {
    const mark = frame.readInt32BE(4);
    if (mark >>> 24 !== 0) throw new Error('the raw client reads JSON headers only');
    const bodyStart = 8 + (mark & 0xffffff);
    const header = JSON.parse(frame.toString('utf8', 8, bodyStart));
    if ((header.flag & 1) === 0) return; // a request of the broker: notify consumer ids changed
    const pending = this.#pending.get(header.opaque);
    if (!pending) return;
    this.#pending.delete(header.opaque);
    clearTimeout(pending.timer);
    const body = Buffer.from(frame.subarray(bodyStart));
    pending.resolve({ code: header.code, remark: header.remark, ext: header.extFields ?? {}, body });
  }
}
