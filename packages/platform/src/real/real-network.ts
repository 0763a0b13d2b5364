/**
 * TCP through `node:net`: no Nagle delay, keep-alive on.
 *
 * Invariants: `onClose` is called once, also for a stream that never got data; `onFlushed` is called once per write,
 * whatever becomes of the stream.
 */
import net from 'node:net';
import type { ByteStream, ByteStreamHandler, ConnectOptions, Listener, Network } from '../network.ts';

/** Connections that may wait for `accept`, as RocketMQ asks for. */
const BACKLOG = 1024;

class TcpStream implements ByteStream {
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  readonly #socket: net.Socket;
  #error: Error | undefined;

  constructor(socket: net.Socket) {
    this.#socket = socket;
    this.remoteAddress = plainAddress(socket.remoteAddress);
    this.remotePort = socket.remotePort ?? 0;
    this.localAddress = plainAddress(socket.localAddress);
    this.localPort = socket.localPort ?? 0;
    socket.on('error', (error) => {
      this.#error ??= error;
    });
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength;
  }

  setHandler(handler: ByteStreamHandler): void {
    const socket = this.#socket;
    socket.on('data', (chunk: Buffer) => handler.onData(chunk));
    socket.on('drain', () => handler.onDrain());
    if (socket.closed) queueMicrotask(() => handler.onClose(this.#error));
    else socket.on('close', () => handler.onClose(this.#error));
  }

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    const socket = this.#socket;
    if (socket.destroyed || socket.writableEnded || chunks.length === 0) {
      if (onFlushed !== undefined) queueMicrotask(onFlushed);
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
    this.#socket.end();
  }

  destroy(error?: Error): void {
    this.#error ??= error;
    this.#socket.destroy();
  }
}

/** A v4-mapped IPv6 address as IPv4, others as they are. */
function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}

class TcpListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: net.Server;

  constructor(server: net.Server) {
    this.#server = server;
    const address = server.address() as net.AddressInfo;
    this.host = address.address;
    this.port = address.port;
  }

  close(): Promise<void> {
    // The callback of `server.close` waits for every open stream; the port is free at once.
    this.#server.close();
    return new Promise((resolve) => setImmediate(resolve));
  }
}

export class RealNetwork implements Network {
  listen(
    address: { host: string; port: number },
    onStream: (stream: ByteStream) => void,
    onError: (error: Error) => void = () => {},
  ): Promise<Listener> {
    const server = net.createServer({ noDelay: true, keepAlive: true });
    server.on('connection', (socket) => onStream(new TcpStream(socket)));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        server.on('error', onError);
        resolve(new TcpListener(server));
      });
    });
  }

  connect(options: ConnectOptions): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: options.host, port: options.port, noDelay: true, keepAlive: true });
      const timer = setTimeout(() => {
        const error = new Error(
          `connect to ${options.host}:${options.port} did not complete within ${options.timeoutMs} ms`,
        );
        fail(Object.assign(error, { code: 'ETIMEDOUT' }));
      }, options.timeoutMs);
      const fail = (error: Error): void => {
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      socket.once('error', fail);
      socket.once('connect', () => {
        clearTimeout(timer);
        const stream = new TcpStream(socket);
        socket.off('error', fail);
        resolve(stream);
      });
    });
  }
}
