/**
 * A copy that dies again and again, at any operation on its disk: killed, or with SYNC_FLUSH cut off from power. What it
 * confirmed is there at the next start, it goes on where it was, and in the end it is the same log with the same queues.
 *
 *     REPLICA_SEEDS=1000 REPLICA_FIRST_SEED=1 node --test packages/store/dist/test/replication/replica-crash.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, type SimFileSystem, SimRandom } from '@rocketmq-ts/platform/sim';
import { GetResult, type MessageStore, StoreError, type StoreOptionsInput } from '@rocketmq-ts/store';
import { openSim, type SimProcess, simProcess } from '../sim-store.ts';
import { messagesOf, put } from '../store-fixture.ts';

const SEEDS = Number(process.env.REPLICA_SEEDS ?? 40);
const FIRST_SEED = Number(process.env.REPLICA_FIRST_SEED ?? 1);
const LIVES = 5;
const QUEUES = 3;

class Copying {
  readonly #random: SimRandom;
  readonly #clock = new SimClock();
  readonly #options: Partial<StoreOptionsInput>;
  readonly #power: boolean;
  #master!: MessageStore;
  #confirmed = 0;
  #sent = 0;

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
    this.#power = this.#random.integer(2) === 0;
    this.#options = {
      flushDiskType: this.#power ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
      mapedFileSizeCommitLog: 2048 << this.#random.integer(4),
      mapedFileSizeConsumeQueue: 20 * (3 + this.#random.integer(60)),
      maxMessageSize: 1900,
      chunkBytes: 512 << this.#random.integer(4),
      memoryWindowBytes: 1024 << this.#random.integer(6),
      zeroAheadBytes: this.#random.integer(3) * 4096,
      messageIndexEnable: false,
      isReplica: true,
    };
  }

  async run(): Promise<void> {
    const origin = simProcess({ clock: this.#clock });
    this.#master = await openSim(origin, { ...this.#options, memoryWindowBytes: 2 ** 24 });
    this.#master.start();
    let fs: SimFileSystem | undefined;
    for (let life = 0; life < LIVES; life++) {
      const process = simProcess({ clock: this.#clock, ...(fs === undefined ? {} : { fs }) });
      const joined = await this.#live(process);
      fs = process.fs.crash(this.#power ? { powerSeed: this.#random.integer(2 ** 31) } : {});
      if (!joined) fs = this.#startAfresh();
    }
    let last = simProcess({ clock: this.#clock, ...(fs === undefined ? {} : { fs }) });
    let copy = await this.#finish(last);
    if (copy === undefined) {
      this.#startAfresh();
      last = simProcess({ clock: this.#clock });
      copy = await this.#finish(last);
    }
    assert.ok(copy !== undefined);
    await this.#compare(origin, last, copy);
    await this.#clock.run(copy.shutdown());
  }

  /**
   * A record that was not durable may have lost parts that its checksum does not cover: that is noticed, and the copy has to
   * begin again.
   */
  #startAfresh(): undefined {
    assert.ok(this.#power, 'a killed process leaves what it wrote');
    this.#confirmed = 0;
  }

  async #finish(process: SimProcess): Promise<MessageStore | undefined> {
    const copy = await openSim(process, this.#options);
    copy.start();
    return (await this.#copy(process, copy, Number.POSITIVE_INFINITY)) ? copy : undefined;
  }

  /** False when the copy cannot be joined. */
  async #live(process: SimProcess): Promise<boolean> {
    let left = 1 + this.#random.integer(150);
    process.fs.onOperation = () =>
      --left === 0 ? { crash: this.#random.integer(2) ? 'before' : 'after' } : undefined;
    try {
      const copy = await openSim(process, this.#options);
      if (process.fs.crashed) return true;
      assert.ok(copy.maxPhysicalOffset >= this.#confirmed, 'what was confirmed is there');
      copy.start();
      return await this.#copy(process, copy, 400);
    } catch (error) {
      if (!process.fs.crashed) throw error;
      return true;
    }
  }

  /** Until `steps` pieces have been sent, or the process dies. False when the last record is not what was sent. */
  async #copy(process: SimProcess, copy: MessageStore, steps: number): Promise<boolean> {
    const receiver = copy.openReplica(() => {});
    const target = Buffer.alloc(4096);
    const reader = this.#master.feed.openReader();
    let offset = receiver.begin();
    for (let step = 0; step < steps && !process.fs.crashed; step++) {
      if (this.#random.integer(3) === 0 && Number.isFinite(steps)) await this.#send();
      const count = await this.#settle(reader.read(offset, 1 + this.#random.integer(700), target, 0));
      if (count === 0 && !Number.isFinite(steps)) break;
      try {
        receiver.receive(offset, target, 0, count);
        offset += count;
      } catch (error) {
        // A dying disk refuses; a broken connection begins again.
        if (!(error instanceof StoreError)) throw error;
        return process.fs.crashed || error.code !== 'STORE_DIVERGED';
      }
      if (this.#random.integer(4) === 0) await this.#clock.advance(this.#random.integer(30));
      if (!process.fs.crashed) this.#confirmed = Math.max(this.#confirmed, receiver.confirmedOffset);
      if (this.#random.integer(50) === 0) offset = receiver.begin();
    }
    await this.#clock.advance(100);
    if (!process.fs.crashed) this.#confirmed = Math.max(this.#confirmed, receiver.confirmedOffset);
    return true;
  }

  #settle(reading: number | Promise<number>): number | Promise<number> {
    return typeof reading === 'number' ? reading : this.#clock.run(reading);
  }

  async #send(): Promise<void> {
    const body = `${this.#sent}-${'.'.repeat(this.#random.integer(600))}`;
    put(this.#master, { queueId: this.#sent % QUEUES, body });
    this.#sent++;
    await this.#clock.advance(5);
  }

  async #compare(origin: SimProcess, last: SimProcess, copy: MessageStore): Promise<void> {
    assert.ok(this.#sent > 0);
    assert.equal(copy.maxPhysicalOffset, this.#master.maxPhysicalOffset);
    assert.equal(copy.damage.length, 0);
    assert.deepEqual(await this.#logOf(copy), await this.#logOf(this.#master));
    for (let queueId = 0; queueId < QUEUES; queueId++) {
      assert.deepEqual(
        await this.#bodies(last, copy, queueId),
        await this.#bodies(origin, this.#master, queueId),
      );
    }
  }

  async #logOf(store: MessageStore): Promise<Buffer> {
    const bytes = Buffer.alloc(store.maxPhysicalOffset);
    const reader = store.feed.openReader();
    for (let offset = 0; offset < bytes.length; ) {
      offset += await this.#settle(reader.read(offset, bytes.length, bytes, offset));
    }
    return bytes;
  }

  async #bodies(process: SimProcess, store: MessageStore, queueId: number): Promise<string[]> {
    const bodies: string[] = [];
    const queue = store.findQueue('TestTopic', queueId);
    let offset = 0;
    while (queue !== undefined && offset < queue.maxOffset) {
      const out = new GetResult();
      const pulled = store.getMessage(queue, offset, 32, undefined, out);
      if (pulled !== true) await process.clock.run(pulled);
      for (const message of messagesOf(out)) bodies.push(`${message.queueOffset} ${message.body}`);
      assert.ok(out.nextBeginOffset > offset, 'a pull goes on');
      offset = out.nextBeginOffset;
    }
    return bodies;
  }
}

test(`copies that die, seeds ${FIRST_SEED} to ${FIRST_SEED + SEEDS - 1}`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    await new Copying(seed).run().catch((error: Error) => {
      throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
    });
  }
});
