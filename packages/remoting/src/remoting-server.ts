/**
 * Accepts connections on one or several ports, all served by one table of handlers.
 *
 * Invariants: at most `maxConnections` are open; one timer looks after all of them. Behaviour: `NettyRemotingServer`.
 */
import type { ByteStream, Listener } from '@rocketmq-ts/platform';
import { LanguageCode } from '@rocketmq-ts/protocol';
import { formatAddress } from './address.ts';
import type { RawHandler, RequestGuard } from './command.ts';
import { Connection } from './connection.ts';
import { ConnectionLimitError, RemotingClosedError, RemotingConnectError } from './errors.ts';
import { DEFAULT_SERVER_LIMITS, type RemotingLimits } from './limits.ts';
import { Permits } from './permits.ts';
import { RemotingEndpoint, type RemotingEndpointOptions } from './remoting-endpoint.ts';
import type { ServerTls } from './tls/server-tls.ts';

export interface RemotingServerOptions extends RemotingEndpointOptions {
  /** Default `0.0.0.0`. */
  readonly host?: string | undefined;
  /** The first is the main port. 0 takes a free one. */
  readonly ports: readonly number[];
  /** What differs from DEFAULT_SERVER_LIMITS. */
  readonly limits?: Partial<RemotingLimits> | undefined;
  /** Who may speak TLS, and who must; opened and stopped by its owner. Default: plain only. */
  readonly tls?: ServerTls | undefined;
  readonly onConnect?: ((connection: Connection) => void) | undefined;
}

export class RemotingServer extends RemotingEndpoint {
  readonly serverTls: ServerTls | undefined;
  readonly #options: RemotingServerOptions;
  #listeners: Listener[] = [];
  #stopping = false;

  constructor(options: RemotingServerOptions) {
    super(options, { ...DEFAULT_SERVER_LIMITS, ...options.limits }, LanguageCode.JAVA);
    this.#options = options;
    this.serverTls = options.tls;
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

  get connectionCount(): number {
    return this.connectionSet.size;
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
    this.connectionSet.startSweeping();
  }

  /**
   * Stops accepting, waits up to `graceMs` for handlers at work, sends what is to be sent and closes every connection.
   */
  async stop(graceMs = 3000): Promise<void> {
    this.#stopping = true;
    const listeners = this.#listeners;
    this.#listeners = [];
    for (const listener of listeners) await listener.close();
    await this.connectionSet.finish(this.dispatcher, graceMs);
  }

  #accept(stream: ByteStream): void {
    if (this.#stopping || this.connectionSet.size >= this.limits.maxConnections) {
      this.#refuse(stream);
      return;
    }
    const connection = new Connection(
      this,
      stream,
      this.nextId(),
      new Permits(this.limits.asyncPermits),
      new Permits(this.limits.onewayPermits),
    );
    this.connectionSet.add(connection);
    this.#options.onConnect?.(connection);
  }

  #refuse(stream: ByteStream): void {
    const error = new ConnectionLimitError(
      'REMOTING_CONNECTIONS',
      `connection from ${formatAddress(stream.remoteAddress, stream.remotePort)} refused: ` +
        `${this.connectionSet.size} are open, maxConnections is ${this.limits.maxConnections}`,
    );
    this.peerLog.warn(error.message);
    stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
    stream.destroy(error);
  }
}
