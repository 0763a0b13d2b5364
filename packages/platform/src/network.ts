/**
 * Byte streams between processes, as a seam: TCP in production, in-memory pipes in tests and simulation.
 */

import type { TlsConnector, TlsSupport } from './tls.ts';

export interface ByteStreamHandler {
  /** Bytes arrived. The buffer belongs to the handler: it is not reused. */
  onData(chunk: Buffer): void;
  /** Everything written has been handed to the operating system, after `write` answered false. */
  onDrain(): void;
  /** The stream is gone; called once. `error` tells why when it was not an orderly end. */
  onClose(error?: Error): void;
}

export interface ByteStream {
  /** IPv4 or IPv6 text; v4-mapped addresses are given as IPv4. */
  readonly remoteAddress: string;
  readonly remotePort: number;
  readonly localAddress: string;
  readonly localPort: number;
  /** Bytes accepted by `write` and not yet handed to the operating system. */
  readonly bufferedBytes: number;
  /** Must be called before the turn in which the stream was given ends. */
  setHandler(handler: ByteStreamHandler): void;
  /**
   * Queues the chunks as one write. `onFlushed` is called once they are handed to the operating system, or the
   * stream is gone: until then their memory must not change. Answers false when the caller should wait for onDrain.
   */
  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean;
  pause(): void;
  resume(): void;
  /** Ends after what is queued has been sent. */
  end(): void;
  /** Drops the stream at once. */
  destroy(error?: Error): void;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Stops accepting; streams already open stay. */
  close(): Promise<void>;
}

export interface ConnectOptions {
  readonly host: string;
  readonly port: number;
  /** Milliseconds until the attempt fails, a handshake included. */
  readonly timeoutMs: number;
  /** Encrypts; made by the same network's `tls`. Undefined: plain. */
  readonly tls?: TlsConnector | undefined;
}

export interface Network {
  /**
   * Listens; port 0 takes a free one. Rejects with EADDRINUSE when the port is taken. `onError` hears of connections
   * that could not be accepted (EMFILE: out of descriptors); listening goes on.
   */
  listen(
    address: { host: string; port: number },
    onStream: (stream: ByteStream) => void,
    onError?: (error: Error) => void,
  ): Promise<Listener>;
  connect(options: ConnectOptions): Promise<ByteStream>;
  /** Undefined where nothing can be encrypted. */
  readonly tls?: TlsSupport;
}
