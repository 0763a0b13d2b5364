/**
 * Accepts connections on one or several ports, all served by one table of handlers.
 *
 * Invariants: at most `maxConnections` are open; one timer looks after all of them. Behaviour: `NettyRemotingServer`.
 */
import {
  type ByteStream,
  type Listener,
  type Logger,
  type Platform,
  silentLogger,
} from '@rocketmq-ts/platform';
import { LanguageCode, SerializeType } from '@rocketmq-ts/protocol';
import { formatAddress } from './address.ts';
import type { Handler, RawHandler, RequestGuard } from './command.ts';
import { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionSet } from './connection-set.ts';
import { DeadlineWheel } from './deadline-wheel.ts';
import { Dispatcher } from './dispatcher.ts';
import { ConnectionLimitError, RemotingClosedError, RemotingConnectError } from './errors.ts';
import { FrameMemory } from './frame-memory.ts';
import { FrameSpan } from './frame-span.ts';
import { DEFAULT_SERVER_LIMITS, type RemotingLimits } from './limits.ts';
import { LogLimiter } from './log-limiter.ts';
import { Permits } from './permits.ts';
import type { ServerTls } from './tls/server-tls.ts';

export interface RemotingServerOptions {
  readonly platform: Platform;
  /** Default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** The first is the main port. 0 takes a free one. */
  readonly ports: readonly number[];
  /** What differs from DEFAULT_SERVER_LIMITS. */
  readonly limits?: Partial<RemotingLimits> | undefined;
  readonly logger?: Logger | undefined;
  /** Of requests to connected clients; answers use the type of their request. Default JSON. */
  readonly serializeType?: number | undefined;
  /** Who may speak TLS, and who must; opened and stopped by its owner. Default: plain only. */
  readonly tls?: ServerTls | undefined;
  readonly onConnect?: ((connection: Connection) => void) | undefined;
  readonly onClose?: ((connection: Connection, reason: Error | undefined) => void) | undefined;
}

export class RemotingServer implements ConnectionHost {
  readonly platform: Platform;
  readonly limits: RemotingLimits;
  readonly logger: Logger;
  readonly peerLog: LogLimiter;
  outputHeldBytes = 0;
  readonly dispatcher: Dispatcher;
  readonly frame = new FrameSpan();
  readonly frameMemory: FrameMemory;
  readonly wheel: DeadlineWheel;
  readonly language = LanguageCode.JAVA;
  readonly serializeType: number;
  readonly serverTls: ServerTls | undefined;
  readonly #options: RemotingServerOptions;
  readonly #connections: ConnectionSet;
  #listeners: Listener[] = [];
  #nextId = 1;
  #stopping = false;

  constructor(options: RemotingServerOptions) {
    this.#options = options;
    this.platform = options.platform;
    this.limits = { ...DEFAULT_SERVER_LIMITS, ...options.limits };
    this.logger = options.logger ?? silentLogger;
    this.serializeType = options.serializeType ?? SerializeType.JSON;
    this.serverTls = options.tls;
    this.peerLog = new LogLimiter(this.logger, options.platform.clock);
    this.dispatcher = new Dispatcher(this.limits, this.logger);
    this.frameMemory = new FrameMemory(this.limits.partialFramesMaxBytes);
    this.wheel = new DeadlineWheel(options.platform.clock);
    this.#connections = new ConnectionSet(options.platform.clock, this.limits);
  }

  /** The main port. */
  get port(): number {
    return this.ports[0]!;
  }

  /** In the order of the options. */
  get ports(): number[] {
    if (this.#listeners.length === 0)
      throw new RemotingClosedError('the server does not listen: start it first');
    return this.#listeners.map((listener) => listener.port);
  }

  get connections(): Iterable<Connection> {
    return this.#connections;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  /** Registers an ordinary handler; see Handler. The latest for a code counts. */
  handle(code: number, handler: Handler): void {
    this.dispatcher.handle(code, handler);
  }

  /** Registers a hot handler; see RawHandler. The latest for a code counts. */
  handleRaw(code: number, handler: RawHandler): void {
    this.dispatcher.handleRaw(code, handler);
  }

  /** Looks at every request first; see RequestGuard. */
  setGuard(guard: RequestGuard | undefined): void {
    this.dispatcher.guard = guard;
  }

  /** Listens on all ports, or on none: rejects with RemotingConnectError, the cause being Node's error. */
  async start(): Promise<void> {
    const host = this.#options.host ?? '0.0.0.0';
    this.#stopping = false;
    const listeners: Listener[] = [];
    const notAccepted = (error: Error): void => {
      this.peerLog.warn('a connection could not be accepted', { error });
    };
    for (const port of this.#options.ports) {
      try {
        const accept = (stream: ByteStream): void => this.#accept(stream);
        listeners.push(await this.platform.network.listen({ host, port }, accept, notAccepted));
      } catch (error) {
        for (const listener of listeners) await listener.close();
        const reason = (error as Error).message;
        throw new RemotingConnectError(`cannot listen on ${formatAddress(host, port)}: ${reason}`, error);
      }
    }
    this.#listeners = listeners;
    this.#connections.startSweeping();
  }

  /**
   * Stops accepting, waits up to `graceMs` for handlers at work, sends what is to be sent and closes every connection.
   */
  async stop(graceMs = 3000): Promise<void> {
    this.#stopping = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) await listener.close();
    await this.#connections.finish(this.dispatcher, graceMs);
  }

  connectionClosed(connection: Connection, reason: Error | undefined): void {
    this.#connections.delete(connection);
    this.#options.onClose?.(connection, reason);
  }

  #accept(stream: ByteStream): void {
    if (this.#stopping || this.#connections.size >= this.limits.maxConnections) {
      this.#refuse(stream);
      return;
    }
    const connection = new Connection(
      this,
      stream,
      this.#nextId++,
      new Permits(this.limits.asyncPermits),
      new Permits(this.limits.onewayPermits),
    );
    this.#connections.add(connection);
    this.#options.onConnect?.(connection);
  }

  #refuse(stream: ByteStream): void {
    const error = new ConnectionLimitError(
      'REMOTING_CONNECTIONS',
      `connection from ${formatAddress(stream.remoteAddress, stream.remotePort)} refused: ` +
        `${this.#connections.size} are open, maxConnections is ${this.limits.maxConnections}`,
    );
    this.peerLog.warn(error.message);
    stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
    stream.destroy(error);
  }
}
