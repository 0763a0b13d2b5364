/**
 * Asks servers: one connection to each address, made when first needed, shared by all calls to it, made anew after it
 * broke. Servers may ask back on the same connections.
 *
 * Invariants: at most one connection and one attempt per address. After failed attempts calls fail at once until the
 * back-off has passed, so that a dead address costs neither time nor packets. Every call hears exactly one outcome.
 * Behaviour: `NettyRemotingClient`.
 */
import { LanguageCode, type RemotingCommand } from '@rocketmq-ts/protocol';
import type { CallListener, Command, RequestWriter } from './command.ts';
import { Connection } from './connection.ts';
import { RemotingClosedError, RemotingTimeoutError } from './errors.ts';
import { DEFAULT_CLIENT_LIMITS, type RemotingLimits } from './limits.ts';
import { Peer } from './peer.ts';
import { describeCode, PromiseListener } from './pending-call.ts';
import { Permits } from './permits.ts';
import { RemotingEndpoint, type RemotingEndpointOptions } from './remoting-endpoint.ts';
import type { ClientTls } from './tls/client-tls.ts';

export interface RemotingClientOptions extends RemotingEndpointOptions {
  /** What differs from DEFAULT_CLIENT_LIMITS. */
  readonly limits?: Partial<RemotingLimits> | undefined;
  /** Announced in requests (`LanguageCode`); default OTHER, which 4.4.0 servers know. */
  readonly language?: number | undefined;
  /** Closes a connection on which a call was not answered in time (`clientCloseSocketIfTimeout`); default false. */
  readonly closeConnectionOnTimeout?: boolean | undefined;
  /** Encrypts every connection. Default: plain. */
  readonly tls?: ClientTls | undefined;
  readonly onConnect?: ((connection: Connection, address: string) => void) | undefined;
}

export class RemotingClient extends RemotingEndpoint {
  readonly clientTls: ClientTls | undefined;
  readonly #options: RemotingClientOptions;
  readonly #peers = new Map<string, Peer>();
  readonly #asyncPermits: Permits;
  readonly #onewayPermits: Permits;
  #closed = false;

  constructor(options: RemotingClientOptions) {
    super(options, { ...DEFAULT_CLIENT_LIMITS, ...options.limits }, options.language ?? LanguageCode.OTHER);
    this.#options = options;
    this.clientTls = options.tls;
    this.#asyncPermits = new Permits(this.limits.asyncPermits);
    this.#onewayPermits = new Permits(this.limits.onewayPermits);
  }

  /**
   * Asks `address` and resolves to its answer, whatever its code. `timeoutMs` covers connecting too. Rejects with
   * RemotingConnectError, RemotingTimeoutError, RemotingSendRequestError or RemotingTooMuchRequestError, or with the
   * signal's reason.
   */
  async invoke(
    address: string,
    command: Command,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<RemotingCommand> {
    signal?.throwIfAborted();
    const live = this.connection(address);
    if (live !== undefined) return live.invoke(command, timeoutMs, signal);
    const start = this.platform.clock.monotonicMs();
    const connection = await withSignal(this.connect(address), signal);
    const leftMs = timeoutMs - (this.platform.clock.monotonicMs() - start);
    if (leftMs <= 0) throw this.#connectTookAll(address, command.code, timeoutMs);
    return connection.invoke(command, leftMs, signal);
  }

  /** As `invoke`, for a request the caller encodes himself: `write` appends one whole frame with the given opaque. */
  invokeEncoded(address: string, write: RequestWriter, timeoutMs: number): Promise<RemotingCommand> {
    const listener = new PromiseListener();
    this.callEncoded(address, write, timeoutMs, listener);
    return listener.promise;
  }

  /** As `invokeEncoded`, the outcome going to `listener`: hot. */
  callEncoded(address: string, write: RequestWriter, timeoutMs: number, listener: CallListener): void {
    const live = this.connection(address);
    if (live !== undefined) {
      live.callEncoded(write, timeoutMs, listener);
      return;
    }
    const start = this.platform.clock.monotonicMs();
    this.connect(address).then(
      (connection) => {
        const leftMs = timeoutMs - (this.platform.clock.monotonicMs() - start);
        if (leftMs > 0) connection.callEncoded(write, leftMs, listener);
        else listener.onError(this.#connectTookAll(address, -1, timeoutMs));
      },
      (error: Error) => listener.onError(error),
    );
  }

  /** Sends a request that is not answered; resolves once it is on its way to the socket. */
  async oneway(address: string, command: Command): Promise<void> {
    const connection = this.connection(address) ?? (await this.connect(address));
    connection.oneway(command);
  }

  /** The open connection to an address, if there is one. */
  connection(address: string): Connection | undefined {
    return this.#peers.get(address)?.connection;
  }

  /** The connection to an address, made if need be. Rejects with RemotingConnectError. */
  connect(address: string): Promise<Connection> {
    if (this.#closed)
      return Promise.reject(new RemotingClosedError(`${address} not asked: the client is closed`));
    let peer = this.#peers.get(address);
    if (peer === undefined) {
      peer = new Peer(address, this, (stream) => {
        const connection = new Connection(
          this,
          stream,
          this.nextId(),
          this.#asyncPermits,
          this.#onewayPermits,
        );
        this.connectionSet.add(connection);
        this.connectionSet.startSweeping();
        this.#options.onConnect?.(connection, address);
        return connection;
      });
      this.#peers.set(address, peer);
    }
    return peer.connect();
  }

  /** Drops the connection to an address; the next call makes a new one. */
  closeConnection(address: string): void {
    const peer = this.#peers.get(address);
    this.#peers.delete(address);
    peer?.close(new RemotingClosedError(`the connection to ${address} was closed by its owner`));
  }

  /** Waits up to `graceMs` for calls under way, then closes every connection. Later calls are refused. */
  async close(graceMs = 3000): Promise<void> {
    this.#closed = true;
    for (const peer of this.#peers.values()) peer.stopConnecting();
    await this.connectionSet.finish(this.dispatcher, graceMs);
    this.#peers.clear();
  }

  callTimedOut(connection: Connection): void {
    if (this.#options.closeConnectionOnTimeout !== true) return;
    connection.close(new RemotingTimeoutError(`${connection.remoteAddress} did not answer in time`));
  }

  #connectTookAll(address: string, code: number, timeoutMs: number): RemotingTimeoutError {
    return new RemotingTimeoutError(
      `${describeCode(code)} to ${address} not sent: connecting took all of its ${timeoutMs} ms`,
    );
  }
}

/** Rejects with the signal's reason when that comes first. */
function withSignal<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
