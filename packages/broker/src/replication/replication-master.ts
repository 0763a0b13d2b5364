/**
 * Listens for slaves and sends each of them the log; knows how far they hold it.
 *
 * Invariants: peers that are not allowed, and those beyond haMaxConnections, get not a byte; the log's progress is told to
 * slaves in the turn in which it happens and waits for none of them.
 *
 * Counterpart in RocketMQ: HAService on a master.
 */
import type { ByteStream, Listener, Logger, Platform, Timer } from '@rocketmq-ts/platform';
import type { ServerTls } from '@rocketmq-ts/remoting';
import type { MessageStore } from '@rocketmq-ts/store';
import type { SlaveAcks } from './slave-acks.ts';
import { type HaSettings, SlaveConnection } from './slave-connection.ts';

export interface ReplicationMasterSettings extends HaSettings {
  /** Bytes that a slave may be behind before sends no longer wait for it. */
  readonly haSlaveFallbehindMax: number;
  readonly haMaxConnections: number;
}

export interface ReplicationMasterOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: ReplicationMasterSettings;
  readonly store: Pick<MessageStore, 'feed' | 'onProgress'>;
}

const LOOK_MAX_MS = 1000;

export class ReplicationMaster implements SlaveAcks {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #settings: ReplicationMasterSettings;
  readonly #store: ReplicationMasterOptions['store'];
  readonly #slaves = new Set<SlaveConnection>();
  readonly #ackListeners: (() => void)[] = [];
  #ackedOffset = 0;
  /** The most that a slave connected now has acknowledged; -Infinity without one. */
  #bestAcked = Number.NEGATIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(options: ReplicationMasterOptions) {
    this.#platform = options.platform;
    this.#logger = options.logger;
    this.#settings = options.settings;
    this.#store = options.store;
    options.store.onProgress(() => {
      for (const slave of this.#slaves) slave.pump();
    });
  }

  get ackedOffset(): number {
    return this.#ackedOffset;
  }

  isAvailable(endOffset: number): boolean {
    return endOffset - this.#bestAcked < this.#settings.haSlaveFallbehindMax;
  }

  onAck(listener: () => void): void {
    this.#ackListeners.push(listener);
  }

  /** Slaves that are connected: who, and how far each has got (-1: it has not said). */
  get slaves(): { readonly address: string; readonly ackedOffset: number }[] {
    return Array.from(this.#slaves, ({ remoteAddress, ackedOffset }) => ({
      address: remoteAddress,
      ackedOffset,
    }));
  }

  /** Rejects as the network does when the port is taken. `tls` says who may come plain, and encrypts; without it: all plain. */
  async listen(
    host: string,
    port: number,
    isAllowed: (ip: string) => boolean,
    tls?: ServerTls,
  ): Promise<Listener> {
    const { haSendHeartbeatInterval, haHousekeepingInterval } = this.#settings;
    const listener = await this.#platform.network.listen(
      { host, port },
      (stream) => this.#accept(stream, isAllowed, tls),
      (error) => this.#logger.warn('a slave could not be accepted', { error }),
    );
    const lookMs = Math.max(
      10,
      Math.min(LOOK_MAX_MS, haSendHeartbeatInterval / 4, haHousekeepingInterval / 4),
    );
    this.#timer = this.#platform.clock.setInterval(() => {
      for (const slave of this.#slaves) slave.look();
    }, lookMs);
    return listener;
  }

  stop(): void {
    this.#timer?.cancel();
    for (const slave of [...this.#slaves]) slave.close();
  }

  #accept(stream: ByteStream, isAllowed: (ip: string) => boolean, tls: ServerTls | undefined): void {
    const problem = !isAllowed(stream.remoteAddress)
      ? 'its address is not allowed (haAllowedAddresses)'
      : this.#slaves.size >= this.#settings.haMaxConnections
        ? `haMaxConnections=${this.#settings.haMaxConnections} are connected`
        : undefined;
    if (problem !== undefined) {
      this.#logger.warn(`a slave is refused: ${problem}`, { address: stream.remoteAddress });
      stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
      stream.destroy();
      return;
    }
    const slave = new SlaveConnection({
      stream,
      tls,
      feed: this.#store.feed,
      clock: this.#platform.clock,
      logger: this.#logger,
      settings: this.#settings,
      onAck: () => this.#acked(),
      onClose: (connection) => {
        this.#slaves.delete(connection);
        this.#acked();
      },
    });
    this.#slaves.add(slave);
  }

  #acked(): void {
    let best = Number.NEGATIVE_INFINITY;
    for (const { ackedOffset } of this.#slaves) if (ackedOffset >= 0) best = Math.max(best, ackedOffset);
    this.#bestAcked = best;
    if (best <= this.#ackedOffset) return;
    this.#ackedOffset = best;
    for (const listener of this.#ackListeners) listener();
  }
}
