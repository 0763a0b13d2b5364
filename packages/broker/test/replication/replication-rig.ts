/** Two or more stores on a simulated network: one gives its log away, others follow; and a raw peer to misbehave. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ByteStream, Clock, Network, Platform } from '@rocketmq-ts/platform';
import { RealClock, RealFileSystem, RealRandom, Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import { AppendStatus, MessageStore, type StoreOptionsInput } from '@rocketmq-ts/store';
import {
  ReplicationMaster,
  type ReplicationMasterSettings,
} from '../../src/replication/replication-master.ts';
import { ReplicationSlave } from '../../src/replication/replication-slave.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

export const HA_PORT = 10912;
export const FILE_BYTES = 64 * 1024;
const MASTER_HOST = '10.0.0.1';

export const settings: ReplicationMasterSettings = {
  haSendHeartbeatInterval: 400,
  // Long: on a busy machine nobody may seem dead who is not. What silence does is tested in simulated time.
  haHousekeepingInterval: 60_000,
  haTransferBatchSize: 16_000,
  haSlaveFallbehindMax: 100_000,
  haMaxConnections: 3,
};

type Undo = { after(task: () => void | Promise<void>): void };

/** Stores live on the real disk and clock, or on simulated ones, the connections between them in memory. */
export class ReplicationRig {
  readonly clock: Clock;
  readonly network: SimNetwork;
  readonly logger = new RecordingLogger();
  readonly #t: Undo;
  readonly #simulated: SimClock | undefined;
  #nextHost = 2;

  constructor(
    t: Undo,
    faults: { cutChance?: number; resetChance?: number } = {},
    clock: RealClock | SimClock = new RealClock(),
  ) {
    this.clock = clock;
    this.#simulated = clock instanceof SimClock ? clock : undefined;
    this.#t = {
      after: (task) =>
        t.after(() => {
          const done = Promise.resolve(task());
          return clock instanceof SimClock ? clock.run(done) : done;
        }),
    };
    this.network = new SimNetwork({ clock: this.clock, random: new SimRandom(7), ...faults });
  }

  platformAt(host: string): Platform {
    const network: Network = this.network.host(host);
    const { clock } = this;
    return {
      clock,
      fileSystem:
        this.#simulated === undefined ? new RealFileSystem() : new SimFileSystem({ clock: this.#simulated }),
      network,
      random: new RealRandom(),
      turn: new Turn(clock),
    };
  }

  async store(platform: Platform, options: Partial<StoreOptionsInput> = {}, root = this.#folder()) {
    const store = await MessageStore.open(platform, {
      storePathRootDir: root,
      mapedFileSizeCommitLog: FILE_BYTES,
      maxMessageSize: 32 * 1024,
      chunkBytes: 16 * 1024,
      memoryWindowBytes: 48 * 1024,
      zeroAheadBytes: 16 * 1024,
      maxHashSlotNum: 1000,
      maxIndexNum: 5000,
      ...options,
    });
    store.start();
    this.#t.after(() => store.shutdown());
    return { store, root };
  }

  #folder(): string {
    return this.#simulated === undefined ? temporaryFolder() : '/store';
  }

  async master(
    given: Partial<ReplicationMasterSettings> = {},
    options: Partial<StoreOptionsInput> = {},
    isAllowed: (ip: string) => boolean = () => true,
  ) {
    const platform = this.platformAt(MASTER_HOST);
    const { store, root } = await this.store(platform, options);
    const master = new ReplicationMaster({
      platform,
      logger: this.logger,
      settings: { ...settings, ...given },
      store,
    });
    const listener = await master.listen(MASTER_HOST, HA_PORT, isAllowed);
    this.#t.after(async () => {
      await listener.close();
      master.stop();
    });
    return { store, root, master };
  }

  async slave(
    options: Partial<StoreOptionsInput> = {},
    root?: string,
    given: Partial<ReplicationMasterSettings> = {},
  ) {
    const host = `10.0.0.${this.#nextHost++}`;
    const platform = this.platformAt(host);
    const opened = await this.store(platform, options, root);
    const topics: string[] = [];
    const receiver = opened.store.openReplica((name) => topics.push(name));
    let connections = 0;
    const slave = new ReplicationSlave({
      ...{
        platform,
        logger: this.logger,
        settings: { ...settings, ...given },
        store: opened.store,
        receiver,
      },
      onConnected: () => connections++,
      reconnectMs: 100,
    });
    this.#t.after(() => slave.stop());
    slave.follow(`${MASTER_HOST}:${HA_PORT}`);
    return { ...opened, host, slave, topics, connections: () => connections };
  }

  /** A peer that speaks for itself. */
  async peer(): Promise<RawPeer> {
    const host = `10.0.0.${this.#nextHost++}`;
    const stream = await this.network
      .host(host)
      .connect({ host: MASTER_HOST, port: HA_PORT, timeoutMs: 30_000 });
    return new RawPeer(stream);
  }
}

export class RawPeer {
  received = Buffer.alloc(0);
  closed = false;
  readonly #stream: ByteStream;

  constructor(stream: ByteStream) {
    this.#stream = stream;
    stream.setHandler({
      onData: (chunk) => {
        this.received = Buffer.concat([this.received, chunk]);
      },
      onDrain() {},
      onClose: () => {
        this.closed = true;
      },
    });
  }

  send(hex: string): void {
    this.#stream.write([Buffer.from(hex, 'hex')]);
  }

  report(offset: number): void {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(BigInt(offset));
    this.#stream.write([bytes]);
  }

  pause(): void {
    this.#stream.pause();
  }

  /** Offset and bytes of each whole frame received so far. */
  frames(): { offset: number; bytes: Buffer }[] {
    const frames: { offset: number; bytes: Buffer }[] = [];
    for (let at = 0; at + 12 <= this.received.length; ) {
      const size = this.received.readInt32BE(at + 8);
      if (at + 12 + size > this.received.length) break;
      frames.push({
        offset: Number(this.received.readBigInt64BE(at)),
        bytes: this.received.subarray(at + 12, at + 12 + size),
      });
      at += 12 + size;
    }
    return frames;
  }
}

/** Appends messages of 300 bytes and waits until they are in the file. */
export async function fill(store: MessageStore, count: number, first = 0, bodyBytes = 300): Promise<void> {
  for (let i = first; i < first + count; i++) {
    const body = Buffer.from(`${i} `.padEnd(bodyBytes, 'x'));
    const status = store.append({
      ...{ topic: store.topic('T'), queueId: i % 2, flag: 0, sysFlag: 0, bornTimestamp: 1_700_000_000_000 },
      ...{ bornIp: 0x7f000001, bornPort: 1, reconsumeTimes: 0, preparedTransactionOffset: 0 },
      ...{ body, bodyStart: 0, bodyEnd: body.length, tagsCode: 0, waitStore: true },
      ...{ properties: Buffer.alloc(0), propertiesStart: 0, propertiesEnd: 0 },
    });
    if (status !== AppendStatus.PUT_OK) throw new Error(`append answered ${status}`);
    if (i % 50 === 49) await new Promise((resolve) => setImmediate(resolve));
  }
  await store.flush();
}

export async function until(what: string, check: () => boolean, timeoutMs = 60_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!check()) {
    if (performance.now() > deadline) throw new Error(`not within ${timeoutMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** The log's files, one after the other, up to `end`. */
export function logBytes(root: string, from: number, end: number): Buffer {
  const pieces: Buffer[] = [];
  for (let base = from; base < end; base += FILE_BYTES) {
    pieces.push(readFileSync(join(root, 'commitlog', `${base}`.padStart(20, '0'))));
  }
  return Buffer.concat(pieces).subarray(0, end - from);
}
