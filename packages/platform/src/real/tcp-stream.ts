/**
 * A byte stream over a `node:net` socket. An accepted one may hand its socket over to TLS and go on with what is inside.
 *
 * Invariants: `onClose` is called once, also for a stream that never got data; `onFlushed` is called once per write,
 * whatever becomes of the stream; between hand-over and the end of the handshake nothing is written, and `onClose` waits for
 * that end.
 */
import type net from 'node:net';
import type { ByteStream, ByteStreamHandler } from '../network.ts';

interface HeldWrite {
  readonly chunks: readonly Uint8Array[];
  readonly onFlushed: (() => void) | undefined;
}

export class TcpStream implements ByteStream {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  #socket: net.Socket;
  #handler: ByteStreamHandler | undefined;
  #error: Error | undefined;
  #closeTold = false;
  /** What was written during a handshake; undefined outside of one. */
  #held: HeldWrite[] | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? 0;
    this.#watchErrors(socket);
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  setHandler(handler: ByteStreamHandler): void {
    this.#handler = handler;
    this.#listen(this.#socket, handler);
    if (this.#socket.closed) queueMicrotask(() => this.#tellClose());
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded || chunks.length === 0) {
      if (onFlushed !== undefined) queueMicrotask(onFlushed);
      return true;
    }
    if (this.#held !== undefined) {
      this.#held.push({ chunks, onFlushed });
      return true;
    }
    if (chunks.length === 1)
      return onFlushed === undefined ? socket.write(chunks[0]) : socket.write(chunks[0], onFlushed);
    const last = chunks.length - 1;
    socket.cork();
    for (let i = 0; i < last; i++) socket.write(chunks[i]);
    const more = onFlushed === undefined ? socket.write(chunks[last]) : socket.write(chunks[last], onFlushed);
    socket.uncork();
    return more;
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  end(): void {
    if (this.#held === undefined) this.#socket.end();
    else this.#socket.destroy();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }

  /** Gives up the socket for a handshake, `firstBytes` put back into it. `adopt` or `abandon` ends the handshake. */
  handOver(firstBytes: Buffer): net.Socket {
    const socket = this.#socket;
    this.#held = [];
    socket.removeAllListeners('data');
    socket.removeAllListeners('drain');
    socket.pause();
    socket.unshift(firstBytes);
    return socket;
  }

  /** Goes on with the socket that the handshake made of the one handed over. */
  adopt(socket: net.Socket): void {
    this.#watchErrors(socket);
    this.#socket = socket;
    if (this.#handler !== undefined) this.#listen(socket, this.#handler);
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { chunks, onFlushed } of held) this.write(chunks, onFlushed);
  }

  /** The handshake failed: drops the stream. */
  abandon(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const { onFlushed } of held) onFlushed?.();
    this.#socket.destroy();
    if (this.#socket.closed) this.#tellClose();
  }

  #listen(socket: net.Socket, handler: ByteStreamHandler): void {
    socket.on('data', (chunk: Buffer) => handler.onData(chunk));
    socket.on('drain', () => handler.onDrain());
    socket.on('close', () => this.#tellClose());
  }

  #watchErrors(socket: net.Socket): void {
    socket.on('error', (error) => {
      this.#error ??= error;
    });
  }

  #tellClose(): void {
    if (this.#closeTold || this.#held !== undefined) return;
    this.#closeTold = true;
    this.#handler?.onClose(this.#error);
  }
}

/** A v4-mapped IPv6 address as IPv4, others as they are. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
