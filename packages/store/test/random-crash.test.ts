/**
 * Lives of a store from seeds: messages to several topics and queues, faults of the disk, kills and power cuts one after the
 * other. After each death everything acknowledged is there, in order, and queues count on without gaps.
 *
 *     STORE_SEEDS=1000 STORE_FIRST_SEED=1 node --test packages/store/dist/test/random-crash.test.js
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SimFault, SimFileSystem, SimOperation } from '@rocketmq-ts/platform/sim';
import { SimClock, SimRandom } from '@rocketmq-ts/platform/sim';
import { GetResult, type MessageStore, type StoreError, type StoreOptionsInput } from '@rocketmq-ts/store';
import { openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { messagesOf } from './store-fixture.ts';

const SEEDS = Number(process.env.STORE_SEEDS ?? 60);
const FIRST_SEED = Number(process.env.STORE_FIRST_SEED ?? 1);
const TOPICS = ['TopicA', 'TopicB', 'TopicC'];
const QUEUES = 3;
const LIVES = 4;

class Life {
  readonly #random: SimRandom;
  readonly #power: boolean;
  readonly #options: Partial<StoreOptionsInput>;
  /** What has been acknowledged, by `topic/queue`, body by offset. */
  readonly #expected = new Map<string, Map<number, string>>();
  #sequence = 0;
  #holes = false;
  /** Topics whose removal was under way when the process died. */
  readonly #uncertain = new Set<string>();

  constructor(seed: number) {
    this.#random = new SimRandom(seed);
    this.#power = this.#random.integer(2) === 0;
    this.#options = {
      flushDiskType: this.#random.integer(3) > 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
      fileReservedTime: 0,
      deleteWhen: '',
      deleteCommitLogFilesInterval: 0,
      deleteConsumeQueueFilesInterval: 0,
      mapedFileSizeCommitLog: 2048 << this.#random.integer(5),
      mapedFileSizeConsumeQueue: 20 * (3 + this.#random.integer(60)),
      maxMessageSize: 1900,
      chunkBytes: 512 << this.#random.integer(5),
      memoryWindowBytes: 1024 << this.#random.integer(7),
      zeroAheadBytes: this.#random.integer(4) * 4096,
      maxOpenQueueFiles: 1 + this.#random.integer(6),
      maxOpenLogFiles: 1 + this.#random.integer(4),
      coldBlockBytes: 256 << this.#random.integer(6),
      messageIndexEnable: false,
    };
  }

  async live(): Promise<void> {
    const clock = new SimClock();
    let fs: SimFileSystem | undefined;
    for (let life = 0; life < LIVES; life++) {
      const process = simProcess({ clock, ...(fs === undefined ? {} : { fs }) });
      await this.#run(process, life === LIVES - 1);
      fs = process.fs.crash(
        this.#power && this.#random.integer(3) > 0 ? { powerSeed: this.#random.integer(2 ** 31) } : {},
      );
    }
    const last = simProcess({ clock, fs: fs as SimFileSystem });
    const store = await openSim(last, this.#options);
    await this.#check(last, store);
    await clock.run(store.shutdown());
  }

  async #run(process: SimProcess, toTheEnd: boolean): Promise<void> {
    const deathAt =
      process.fs.operationCount + 1 + this.#random.integer(this.#random.integer(3) === 0 ? 60 : 400);
    const faults = this.#random.integer(3) === 0;
    process.fs.onOperation = (operation) => this.#faultOf(operation, toTheEnd ? Infinity : deathAt, faults);
    const alive = (): boolean => !process.fs.crashed;
    let sender: Sender | undefined;
    try {
      const store = await openSim(process, this.#options);
      if (!alive()) return;
      await this.#check(process, store);
      store.start();
      // What has to survive a power cut is what was told to be durable; a kill, what was told to be written.
      sender = new Sender(store, this.#power, alive);
      for (let turn = 0; turn < 60 && alive(); turn++) await this.#turn(process, store, sender);
      if (toTheEnd && alive()) await process.clock.run(store.shutdown());
    } catch (error) {
      // A disk that dies or refuses may keep a store from opening; the next life tries again.
      const cause = (error as StoreError).cause ?? error;
      const code = (cause as NodeJS.ErrnoException).code ?? '';
      if (alive() && !['EIO', 'ENOSPC'].includes(code)) throw error;
    } finally {
      for (const { queue, queueOffset, body } of sender?.acknowledged ?? []) {
        const bodies = this.#expected.get(queue) ?? new Map<number, string>();
        this.#expected.set(queue, bodies.set(queueOffset, body));
      }
    }
  }

  #faultOf(operation: SimOperation, deathAt: number, faults: boolean): SimFault | undefined {
    if (operation.number === deathAt) return { crash: operation.number % 2 === 0 ? 'before' : 'after' };
    if (operation.number > deathAt) return { crash: 'before' };
    const short = this.#random.integer(20) === 0;
    if (short && (operation.kind === 'write' || operation.kind === 'read')) {
      return { shortBytes: 1 + this.#random.integer(200) };
    }
    if (faults && operation.kind === 'write' && this.#random.integer(40) === 0) {
      return { code: this.#random.integer(2) === 0 ? 'EIO' : 'ENOSPC' };
    }
    return undefined;
  }

  async #turn(process: SimProcess, store: MessageStore, sender: Sender): Promise<void> {
    const count = this.#random.integer(6);
    for (let i = 0; i < count; i++) {
      const topic = TOPICS[this.#random.integer(TOPICS.length)] as string;
      const body = `${this.#sequence++} ${'.'.repeat(this.#random.integer(this.#random.integer(10) === 0 ? 1500 : 200))}`;
      sender.send({ topic, queueId: this.#random.integer(QUEUES), body });
    }
    const what = this.#random.integer(30);
    if (what === 20 && this.#random.integer(3) === 0) await this.#deleteTopic(process, store, sender);
    if (what === 21) {
      process.clock.jumpWall(1000);
      store.executeDeleteFilesManually();
      store.clean().catch(() => {});
    }
    if (what === 0) store.checkpoint().catch(() => {});
    await process.clock.advance(what === 1 ? 61_000 : what < 5 ? 1100 : this.#random.integer(40));
  }

  async #deleteTopic(process: SimProcess, store: MessageStore, sender: Sender): Promise<void> {
    const topic = TOPICS[this.#random.integer(TOPICS.length)] as string;
    // Until it is done, it may have happened or not.
    this.#uncertain.add(topic);
    let done = false;
    store.deleteTopic(topic).then(
      () => {
        done = true;
      },
      () => {},
    );
    for (let i = 0; i < 200 && !done && !process.fs.crashed; i++) await process.clock.advance(2);
    sender.forget((queue) => queue.startsWith(`${topic}/`));
    for (const queue of this.#expected.keys())
      if (queue.startsWith(`${topic}/`)) this.#expected.delete(queue);
    if (done) this.#uncertain.delete(topic);
  }

  /** Everything acknowledged is there; every queue is without gaps; damage is not seen where nothing was damaged. */
  async #check(process: SimProcess, store: MessageStore): Promise<void> {
    for (const topic of TOPICS) {
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        const name = `${topic}/${queueId}`;
        const expected = this.#expected.get(name) ?? new Map<number, string>();
        const found = await readQueue(process, store, topic, queueId);
        const min = store.minOffset(topic, queueId);
        if (!this.#uncertain.has(topic)) {
          for (const [offset, body] of expected) {
            if (offset >= min) assert.equal(found.get(offset), body, `${name} ${offset}`);
            assert.ok(offset < store.maxOffset(topic, queueId), `${name} goes on after ${offset}`);
          }
        }
        // A power cut may keep a record and lose the one before it, neither acknowledged: a named hole, not a gap.
        this.#holes ||= store.damage.length > 0;
        if (!this.#holes) {
          assert.equal(found.size, store.maxOffset(topic, queueId) - min, `${name} has no gaps`);
        }
        // What was never acknowledged but survived counts from now on.
        this.#expected.set(name, found);
      }
    }
    this.#uncertain.clear();
  }
}

async function readQueue(
  process: SimProcess,
  store: MessageStore,
  topic: string,
  queueId: number,
): Promise<Map<number, string>> {
  const found = new Map<number, string>();
  const queue = store.findQueue(topic, queueId);
  for (let offset = queue?.minOffset ?? 0; queue !== undefined && offset < queue.maxOffset; ) {
    const out = new GetResult();
    const pulled = store.getMessage(queue, offset, 32, undefined, out);
    if (pulled !== true) await process.clock.run(pulled);
    for (const message of messagesOf(out)) found.set(message.queueOffset, message.body.toString());
    assert.ok(out.nextBeginOffset > offset, 'a pull goes on');
    offset = out.nextBeginOffset;
  }
  return found;
}

test(`${SEEDS} lives from seed ${FIRST_SEED} on`, async () => {
  for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) {
    try {
      await new Life(seed).live();
    } catch (error) {
      throw new Error(`seed ${seed}: ${(error as Error).message}`, { cause: error });
    }
  }
});
