/**
 * The master's side of one slave: sends the log from where the slave asked, hears how far it has got.
 *
 * Invariants: at most OUTPUT_MAX_BYTES wait for the network, so that a slow slave falls behind in the log and not in memory;
 * frames never span files of the log; a slave that acknowledges what was not sent, that asks for what is not here, or is
 * silent for haHousekeepingInterval, is dropped.
 *
 * Counterpart in RocketMQ: HAConnection.
 */
import type { ByteStream, ByteStreamHandler, Clock, Logger } from '@rocketmq-ts/platform';
import type { ServerTls } from '@rocketmq-ts/remoting';
import type { FeedReader, LogFeed } from '@rocketmq-ts/store';
import { badPeer, FRAME_HEAD_BYTES, ReportReader, writeOffset } from './ha-frames.ts';
import { isPlain } from './ha-gate.ts';

/** Read when a connection begins or a timer looks. */
export interface HaSettings {
  /** Milliseconds. */
  readonly haSendHeartbeatInterval: number;
  readonly haHousekeepingInterval: number;
  /** Bytes of the log in one frame, at most. */
  readonly haTransferBatchSize: number;
}

export interface SlaveConnectionOptions {
  readonly stream: ByteStream;
  /** Says whether it may be plain; without it, it may. */
  readonly tls: ServerTls | undefined;
  readonly feed: LogFeed;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly settings: HaSettings;
  readonly onAck: () => void;
  readonly onClose: (connection: SlaveConnection) => void;
}

const OUTPUT_MAX_BYTES = 512 * 1024;

export class SlaveConnection implements ByteStreamHandler {
  readonly #stream: ByteStream;
  /** Until the first bytes are here. */
  #gate: ServerTls | undefined;
  readonly #feed: LogFeed;
  readonly #reader: FeedReader;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #settings: HaSettings;
  readonly #onAck: () => void;
  readonly #onClose: (connection: SlaveConnection) => void;
  readonly #reports = new ReportReader((offset) => this.#report(offset));
  /** Frames to be filled again. */
  readonly #free: Buffer[] = [];
  readonly #frameBytes: number;
  /** Next byte to send; -1 until the slave has said where to begin. */
  #sent = -1;
  #acked = -1;
  #reading = false;
  #closed = false;
  #lastReadMs: number;
  #lastWriteMs: number;

  constructor(options: SlaveConnectionOptions) {
    this.#stream = options.stream;
    this.#gate = options.tls;
    this.#feed = options.feed;
    this.#reader = options.feed.openReader();
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#settings = options.settings;
    this.#onAck = options.onAck;
    this.#onClose = options.onClose;
    this.#frameBytes = FRAME_HEAD_BYTES + options.settings.haTransferBatchSize;
    this.#lastReadMs = this.#clock.monotonicMs();
    this.#lastWriteMs = this.#lastReadMs;
    options.stream.setHandler(this);
  }

  get remoteAddress(): string {
    return `${this.#stream.remoteAddress}:${this.#stream.remotePort}`;
  }

  /** The slave holds everything below; -1 until it has said so. */
  get ackedOffset(): number {
    return this.#acked;
  }

  onData(chunk: Buffer): void {
    if (this.#closed) return;
    this.#lastReadMs = this.#clock.monotonicMs();
    const gate = this.#gate;
    this.#gate = undefined;
    if (gate !== undefined && !isPlain(this.#stream, chunk, gate, (error) => this.close(error))) return;
    try {
      this.#reports.push(chunk);
    } catch (error) {
      this.close(error as Error);
    }
  }

  onDrain(): void {
    this.pump();
  }

  onClose(error?: Error): void {
    this.#closed = true;
    this.#logger.info('a slave is gone', {
      slave: this.remoteAddress,
      acked: this.#acked,
      sent: this.#sent,
      ...(error && { reason: error.message }),
    });
    this.#onClose(this);
  }

  close(error?: Error): void {
    if (error !== undefined && !this.#closed)
      this.#logger.warn(`a slave is dropped: ${error.message}`, { slave: this.remoteAddress });
    this.#closed = true;
    this.#stream.destroy(error);
  }

  /** To be called now and then: heartbeats, and an end to peers that say nothing. */
  look(): void {
    if (this.#closed) return;
    const now = this.#clock.monotonicMs();
    const { haSendHeartbeatInterval, haHousekeepingInterval } = this.#settings;
    if (now - this.#lastReadMs > haHousekeepingInterval) {
      this.close(
        badPeer(`nothing was heard for ${haHousekeepingInterval} ms (haHousekeepingInterval) from the slave`),
      );
      return;
    }
    // A slave of 4.4.0 reports only after it has heard nothing for that long: leave it the time to.
    const waitMs = haSendHeartbeatInterval + Math.min(1000, haSendHeartbeatInterval / 4);
    if (this.#sent < 0 || this.#reading || now - this.#lastWriteMs < waitMs) return;
    if (this.#stream.bufferedBytes === 0) this.#send(this.#frame(), 0);
  }

  /** Sends what there is, as far as the network takes it. */
  pump(): void {
    if (this.#sent < 0) return;
    while (!this.#closed && !this.#reading && this.#stream.bufferedBytes < OUTPUT_MAX_BYTES) {
      if (this.#sent >= this.#feed.endOffset) return;
      const frame = this.#frame();
      const maxBytes = this.#frameBytes - FRAME_HEAD_BYTES;
      const count = this.#reader.read(this.#sent, maxBytes, frame, FRAME_HEAD_BYTES);
      if (typeof count === 'number') {
        if (count === 0) return;
        this.#send(frame, count);
      } else {
        this.#sendOnceRead(frame, count);
      }
    }
  }

  #sendOnceRead(frame: Buffer, reading: Promise<number>): void {
    this.#reading = true;
    reading.then(
      (count) => {
        this.#reading = false;
        if (this.#closed) return;
        if (count === 0) {
          this.close(new Error(`the log cannot be read at ${this.#sent}`));
          return;
        }
        this.#send(frame, count);
        this.pump();
      },
      (error: Error) => {
        this.#reading = false;
        this.close(error);
      },
    );
  }

  #frame(): Buffer {
    return this.#free.pop() ?? Buffer.allocUnsafeSlow(this.#frameBytes);
  }

  #send(frame: Buffer, count: number): void {
    writeOffset(frame, 0, this.#sent);
    frame.writeInt32BE(count, 8);
    this.#sent += count;
    this.#lastWriteMs = this.#clock.monotonicMs();
    this.#stream.write([frame.subarray(0, FRAME_HEAD_BYTES + count)], () => {
      if (this.#free.length < 2) this.#free.push(frame);
    });
  }

  #report(offset: number): void {
    if (this.#closed) return;
    if (this.#sent < 0) {
      this.#begin(offset);
      return;
    }
    if (offset > this.#sent)
      throw badPeer(`the slave acknowledges ${offset}, but was sent only what is below ${this.#sent}`);
    if (offset <= this.#acked) return;
    this.#acked = offset;
    this.#onAck();
  }

  #begin(offset: number): void {
    const { endOffset, minOffset } = this.#feed;
    if (offset > endOffset) {
      throw badPeer(
        `the slave holds a log up to ${offset}, the one here ends at ${endOffset}: they have different histories. Keep ` +
          "the slave's folder until it is clear which one is wanted, then start the slave with an empty one",
      );
    }
    if (offset > 0 && offset < minOffset) {
      throw badPeer(
        `the slave asks for ${offset}, but the log here begins at ${minOffset}: what is between has been cleaned up. ` +
          'Start the slave with an empty folder',
      );
    }
    // As 4.4.0: a slave that has nothing gets the last file, not everything.
    this.#sent = offset > 0 ? offset : Math.max(minOffset, this.#feed.fileStart(endOffset));
    this.#acked = offset;
    this.#logger.info('a slave follows', { slave: this.remoteAddress, asked: offset, from: this.#sent });
    this.#onAck();
    this.pump();
  }
}
