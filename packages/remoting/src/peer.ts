/** One address of a client: its connection, the attempt to make one, and how long to hold back after failures. */
import type { ByteStream } from '@rocketmq-ts/platform';
import { parseAddress } from './address.ts';
import type { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { RemotingClosedError, RemotingConnectError } from './errors.ts';

export class Peer {
  readonly address: string;
  readonly #host: ConnectionHost;
  readonly #open: (stream: ByteStream) => Connection;
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;
  #failures = 0;
  #lastError: unknown;
  #retryAtMs = 0;
  #stopped: Error | undefined;

  constructor(address: string, host: ConnectionHost, open: (stream: ByteStream) => Connection) {
    this.address = address;
    this.#host = host;
    this.#open = open;
  }

  /** Not one that is closing: what it was asked may be asked again within its close. */
  get connection(): Connection | undefined {
    return this.#connection?.closed === false ? this.#connection : undefined;
  }

  connect(): Promise<Connection> {
    const live = this.connection;
    if (live !== undefined) return Promise.resolve(live);
    if (this.#connecting !== undefined) return this.#connecting;
    const waitMs = this.#retryAtMs - this.#host.platform.clock.monotonicMs();
    if (waitMs > 0) {
      return Promise.reject(
        new RemotingConnectError(
          `no connection to ${this.address}: ${this.#failures} attempts failed, the next is made in ` +
            `${Math.ceil(waitMs)} ms: ${messageOf(this.#lastError)}`,
          this.#lastError,
        ),
      );
    }
    const attempt = this.#attempt();
    this.#connecting = attempt;
    return attempt;
  }

  /** Lets an attempt under way fail. */
  stopConnecting(): void {
    this.#stopped = new RemotingClosedError(`no connection to ${this.address}: the client was closed`);
  }

  close(reason: Error): void {
    this.#stopped = reason;
    this.#connection?.close(reason);
  }

  async #attempt(): Promise<Connection> {
    const { platform, limits, clientTls } = this.#host;
    try {
      const target = parseAddress(this.address);
      const tls = clientTls?.connector();
      const stream = await platform.network.connect({ ...target, timeoutMs: limits.connectTimeoutMs, tls });
      if (this.#stopped !== undefined) {
        stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
        stream.destroy();
        throw this.#stopped;
      }
      const connection = this.#open(stream);
      this.#connection = connection;
      this.#failures = 0;
      connection.onClose(() => {
        if (this.#connection === connection) this.#connection = undefined;
      });
      return connection;
    } catch (error) {
      if (error === this.#stopped) throw error;
      this.#failures++;
      this.#lastError = error;
      const backoffMs = limits.reconnectBackoffMs * 2 ** Math.min(this.#failures - 1, 20);
      this.#retryAtMs = platform.clock.monotonicMs() + Math.min(backoffMs, limits.reconnectBackoffMaxMs);
      const why = clientTls === undefined ? messageOf(error) : clientTls.explain(error);
      throw new RemotingConnectError(`connect to ${this.address} failed: ${why}`, error);
    } finally {
      this.#connecting = undefined;
    }
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
