/**
 * Follows a master: connects to it, takes its log, reports how far it is held here.
 *
 * Invariants: a report never claims more than is safe here (written with ASYNC_FLUSH, durable with SYNC_FLUSH) and known to be
 * what the master has; one connection at a time; after its end the next attempt comes `reconnectMs` later and begins at the
 * own end.
 *
 * Counterpart in RocketMQ: HAService.HAClient.
 */
import type { ByteStream, ByteStreamHandler, Clock, Logger, Platform, Timer } from '@rocketmq-ts/platform';
import type { ClientTls } from '@rocketmq-ts/remoting';
import type { LogReceiver, MessageStore } from '@rocketmq-ts/store';
import { badPeer, FrameReader, REPORT_BYTES, writeOffset } from './ha-frames.ts';
import type { HaSettings } from './slave-connection.ts';

export interface ReplicationSlaveOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: HaSettings;
  readonly store: Pick<MessageStore, 'flush' | 'onProgress'>;
  readonly receiver: LogReceiver;
  /** A connection has been made. */
  readonly onConnected: () => void;
  /** Encrypts the connection; without it: plain. */
  readonly tls?: ClientTls | undefined;
  /** Milliseconds from the end of a connection, or a failed attempt, to the next one. */
  readonly reconnectMs?: number;
}

const RECONNECT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 3_000;
const LOOK_MAX_MS = 1_000;

export class ReplicationSlave {
  readonly #platform: Platform;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: HaSettings;
  readonly #store: ReplicationSlaveOptions['store'];
  readonly #receiver: LogReceiver;
  readonly #onConnected: () => void;
  readonly #reconnectMs: number;
  readonly #tls: ClientTls | undefined;
  #masterAddress: string | undefined;
  #stream: ByteStream | undefined;
  #connecting = false;
  #stopped = false;
  #timer: Timer | undefined;
  readonly #lookTimer: Timer;
  #reported = 0;
  #lastReportMs = 0;
  #lastReadMs = 0;
  /** What went wrong last, so that it is logged once. */
  #lastProblem = '';

  constructor(options: ReplicationSlaveOptions) {
    this.#platform = options.platform;
    this.#clock = options.platform.clock;
    this.#logger = options.logger;
    this.#settings = options.settings;
    this.#store = options.store;
    this.#receiver = options.receiver;
    this.#onConnected = options.onConnected;
    this.#reconnectMs = options.reconnectMs ?? RECONNECT_MS;
    this.#tls = options.tls;
    options.store.onProgress(() => this.#reportProgress());
    const { haSendHeartbeatInterval, haHousekeepingInterval } = options.settings;
    const lookMs = Math.max(
      10,
      Math.min(LOOK_MAX_MS, haSendHeartbeatInterval / 4, haHousekeepingInterval / 4),
    );
    this.#lookTimer = this.#clock.setInterval(() => this.#look(), lookMs);
  }

  get isConnected(): boolean {
    return this.#stream !== undefined;
  }

  get masterAddress(): string | undefined {
    return this.#masterAddress;
  }

  /** `host:port` of the master's replication port, as soon as it is known, and when it changes. */
  follow(address: string): void {
    if (address === this.#masterAddress || this.#stopped) return;
    this.#logger.info('following a master', { address, before: this.#masterAddress });
    this.#masterAddress = address;
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#stream !== undefined) this.#stream.destroy();
    else void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
    this.#lookTimer.cancel();
    this.#stream?.destroy();
  }

  async #connect(): Promise<void> {
    const address = this.#masterAddress;
    if (this.#connecting || this.#stopped || address === undefined) return;
    this.#connecting = true;
    try {
      // What is asked for counts as held.
      await this.#store.flush();
      const colon = address.lastIndexOf(':');
      const stream = await this.#platform.network.connect({
        host: address.slice(0, colon),
        port: Number(address.slice(colon + 1)),
        timeoutMs: CONNECT_TIMEOUT_MS,
        tls: this.#tls?.connector(),
      });
      this.#connected(stream, address);
    } catch (error) {
      const reason = this.#tls === undefined ? (error as Error).message : this.#tls.explain(error);
      this.#problem(`cannot follow the master ${address}: ${reason}`);
      this.#connectLater();
    } finally {
      this.#connecting = false;
    }
  }

  #connected(stream: ByteStream, address: string): void {
    stream.setHandler(this.#handlerFor(stream));
    this.#stream = stream;
    if (this.#stopped || address !== this.#masterAddress) {
      stream.destroy();
      return;
    }
    const now = this.#clock.monotonicMs();
    this.#lastReadMs = now;
    const from = this.#receiver.begin();
    this.#reported = from;
    this.#report(from);
    this.#logger.info('connected to the master', { address, from });
    this.#onConnected();
  }

  #handlerFor(stream: ByteStream): ByteStreamHandler {
    const frames = new FrameReader({
      onBytes: (offset, chunk, start, end) => this.#receiver.receive(offset, chunk, start, end),
      onHeartbeat: (offset) => {
        const expected = this.#receiver.expectedOffset;
        if (offset !== expected && expected !== 0)
          throw badPeer(`the master goes on at ${offset}, but ${expected} is next here`);
      },
    });
    return {
      onData: (chunk) => {
        if (stream !== this.#stream) return;
        this.#lastReadMs = this.#clock.monotonicMs();
        try {
          frames.push(chunk);
          this.#reportProgress();
        } catch (error) {
          stream.destroy(error as Error);
          this.#problem((error as Error).message);
        }
      },
      onDrain() {},
      onClose: (error) => {
        if (stream !== this.#stream) return;
        this.#stream = undefined;
        if (this.#stopped) return;
        this.#problem(
          `the connection to the master is gone${error === undefined ? '' : `: ${error.message}`}`,
        );
        this.#connectLater();
      },
    };
  }

  #connectLater(): void {
    if (this.#stopped || this.#timer !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#connect();
    }, this.#reconnectMs);
  }

  #problem(message: string): void {
    if (this.#stopped || message === this.#lastProblem) return;
    this.#lastProblem = message;
    this.#logger.warn(message);
  }

  #reportProgress(): void {
    const offset = this.#receiver.confirmedOffset;
    if (this.#stream === undefined || offset <= this.#reported) return;
    this.#lastProblem = '';
    this.#report(offset);
  }

  #report(offset: number): void {
    const bytes = Buffer.allocUnsafe(REPORT_BYTES);
    writeOffset(bytes, 0, offset);
    this.#reported = offset;
    this.#lastReportMs = this.#clock.monotonicMs();
    this.#stream?.write([bytes]);
  }

  #look(): void {
    if (this.#stream === undefined) return;
    const now = this.#clock.monotonicMs();
    const { haSendHeartbeatInterval, haHousekeepingInterval } = this.#settings;
    if (now - this.#lastReadMs > haHousekeepingInterval) {
      this.#stream.destroy(
        new Error(`nothing was heard for ${haHousekeepingInterval} ms (haHousekeepingInterval)`),
      );
    } else if (now - this.#lastReportMs >= haSendHeartbeatInterval) {
      this.#report(this.#reported);
    }
  }
}
