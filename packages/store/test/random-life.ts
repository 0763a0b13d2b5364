/**
 * Lives of a store from a seed: messages to several topics and queues, faults of the disk, failed syncs, removals, kills and
 * power cuts one after the other. After each death the next process has to find what was promised:
 *
 * - SYNC_FLUSH: everything acknowledged, whatever happened.
 * - ASYNC_FLUSH: everything acknowledged after a kill; after a power cut all but what was acknowledged within the documented
 *   window, and of what is older than a look at the log (flushIntervalCommitLog) less than flushCommitLogLeastPages.
 * - Queues count on without gaps, messages of a queue stay in the order in which they were sent.
 */
import assert from 'node:assert/strict';
import {
  SimClock,
  type SimFault,
  type SimFileSystem,
  type SimOperation,
  SimRandom,
} from '@rocketmq-ts/platform/sim';
import { GetResult, type MessageStore, type StoreError, type StoreOptionsInput } from '@rocketmq-ts/store';
import { openSim, Sender, type SimProcess, simProcess } from './sim-store.ts';
import { messagesOf } from './store-fixture.ts';

const TOPICS = ['TopicA', 'TopicB', 'TopicC'];
const QUEUES = 3;
const LIVES = 4;
const PAGE_BYTES = 4096;
/** Most calls that one sync of the log takes here: small files fill while a slow sync is under way. */
const CALLS_OF_A_SYNC = 60;

/** What happened, for the record. */
export interface LifeReport {
  readonly mode: 'SYNC_FLUSH' | 'ASYNC_FLUSH';
  acknowledged: number;
  /** Acknowledged and lost, as ASYNC_FLUSH may. */
  lostInWindow: number;
  kills: number;
  powerCuts: number;
  failedSyncs: number;
}

/** An acknowledged message, and what its sender may still expect. */
interface Expected {
  readonly body: string;
  readonly physicalOffset: number;
  /** Milliseconds between the acknowledgement and the end of the process; Infinity when it has to be there in any case. */
  readonly ageMs: number;
}

/** Runs the lives of one seed; rejects when something promised is not there. */
export async function liveFromSeed(
  seed: number,
  plantedBugs: StoreOptionsInput['plantedBugs'] = {},
): Promise<LifeReport> {
  const life = new RandomLife(seed, plantedBugs);
  await life.live();
  return life.report;
}

class RandomLife {
  readonly #random: SimRandom;
  readonly #power: boolean;
  readonly #latencyMs: number;
  readonly #options: Partial<StoreOptionsInput> & { flushDiskType: 'SYNC_FLUSH' | 'ASYNC_FLUSH' };
  readonly #expected = new Map<string, Map<number, Expected>>();
  readonly report: LifeReport;
  #sequence = 0;
  #holes = false;
  /** The power has gone since everything was last looked at. */
  #cut = false;
  #deathMs = 0;
  #store: MessageStore | undefined;
  /** Files of the log below this have been removed as too old; the power may bring them back, their queues' files not. */
  #removedBelow = 0;
  #minAtOpen = 0;
  /** Topics whose removal was under way when the process died. */
  readonly #uncertain = new Set<string>();

  constructor(seed: number, plantedBugs: StoreOptionsInput['plantedBugs']) {
    const random = new SimRandom(seed);
    this.#random = random;
    this.#power = random.integer(3) > 0;
    this.#latencyMs = random.integer(3) === 0 ? 1 + random.integer(20) : 0;
    this.#options = {
      flushDiskType: random.integer(2) === 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH',
      flushIntervalCommitLog: 10 << random.integer(6),
      flushCommitLogThoroughInterval: 100 << random.integer(7),
      flushCommitLogLeastPages: random.integer(5),
      fileReservedTime: 0,
      deleteWhen: '',
      deleteCommitLogFilesInterval: 0,
      deleteConsumeQueueFilesInterval: 0,
      mapedFileSizeCommitLog: 2048 << random.integer(5),
      mapedFileSizeConsumeQueue: 20 * (3 + random.integer(60)),
      maxMessageSize: 1900,
      chunkBytes: 512 << random.integer(5),
      memoryWindowBytes: 1024 << random.integer(7),
      zeroAheadBytes: random.integer(4) * 4096,
      maxOpenQueueFiles: 1 + random.integer(6),
      maxOpenLogFiles: 1 + random.integer(4),
      coldBlockBytes: 256 << random.integer(6),
      messageIndexEnable: false,
      plantedBugs,
    };
    const mode = this.#options.flushDiskType;
    this.report = { mode, acknowledged: 0, lostInWindow: 0, kills: 0, powerCuts: 0, failedSyncs: 0 };
  }

  /** After this long an acknowledged message is durable (docs/storage-format.md): the longer interval, a look, two syncs. */
  get #windowMs(): number {
    const { flushCommitLogThoroughInterval: thorough, flushIntervalCommitLog: look } = this.#options;
    return (thorough as number) + (look as number) + this.#twoSyncsMs;
  }

  get #twoSyncsMs(): number {
    return 2 * CALLS_OF_A_SYNC * this.#latencyMs + 1;
  }

  async live(): Promise<void> {
    const clock = new SimClock();
    let fs: SimFileSystem | undefined;
    for (let life = 0; life < LIVES; life++) {
      const latencyMs = (operation: SimOperation): number =>
        operation.kind === 'datasync' || operation.kind === 'syncFolder' ? this.#latencyMs : 0;
      const process = simProcess({ clock, ...(fs === undefined ? { latencyMs } : { fs }) });
      await this.#run(process, life === LIVES - 1);
      const cut = this.#power && this.#random.integer(3) > 0;
      this.#cut ||= cut;
      this.report[cut ? 'powerCuts' : 'kills']++;
      fs = process.fs.crash(cut ? { powerSeed: this.#random.integer(2 ** 31) } : {});
    }
    const last = simProcess({ clock, fs: fs as SimFileSystem });
    const store = await openSim(last, this.#options);
    await this.#check(last, store);
    await clock.run(store.shutdown());
  }

  async #run(process: SimProcess, toTheEnd: boolean): Promise<void> {
    const deathAt =
      process.fs.operationCount + 1 + this.#random.integer(this.#random.integer(3) === 0 ? 60 : 400);
    const writeFaults = this.#random.integer(3) === 0;
    const syncFaults = this.#random.integer(5) === 0;
    process.fs.onOperation = (operation) => {
      const minOffset = this.#store?.minPhysicalOffset ?? 0;
      if (minOffset > this.#minAtOpen) this.#removedBelow = Math.max(this.#removedBelow, minOffset);
      const fault = this.#faultOf(operation, toTheEnd ? Infinity : deathAt, writeFaults, syncFaults);
      if (fault?.crash !== undefined && operation.number <= deathAt)
        this.#deathMs = process.clock.monotonicMs();
      return fault;
    };
    const alive = (): boolean => !process.fs.crashed;
    let sender: Sender | undefined;
    let clean = false;
    try {
      const store = await openSim(process, this.#options);
      if (!alive()) return;
      this.#store = store;
      this.#minAtOpen = store.minPhysicalOffset;
      await this.#check(process, store);
      store.start();
      const durable = this.#options.flushDiskType === 'SYNC_FLUSH';
      sender = new Sender(store, durable, alive, () => process.clock.monotonicMs());
      for (let turn = 0; turn < 60 && alive(); turn++) await this.#turn(process, store, sender);
      if (toTheEnd && alive()) await process.clock.run(store.shutdown());
      clean = alive() && !process.fs.existsSync('/store/abort');
    } catch (error) {
      // A disk that dies or refuses may keep a store from opening; the next life tries again.
      const cause = (error as StoreError).cause ?? error;
      const code = (cause as NodeJS.ErrnoException).code ?? '';
      if (alive() && !['EIO', 'ENOSPC'].includes(code)) throw error;
    } finally {
      this.#store = undefined;
      if (alive()) this.#deathMs = process.clock.monotonicMs();
      if (sender !== undefined) this.#remember(sender, clean);
    }
  }

  #remember(sender: Sender, clean: boolean): void {
    // Nothing is made durable after a failed sync.
    const endMs = Math.min(this.#deathMs, sender.failedMs);
    if (sender.failure !== undefined) this.report.failedSyncs++;
    this.report.acknowledged += sender.acknowledged.length;
    for (const message of sender.acknowledged) {
      const { queue, queueOffset, body, physicalOffset, atMs } = message;
      const messages = this.#expected.get(queue) ?? new Map<number, Expected>();
      const ageMs = clean || sender.isSafe(message) ? Infinity : endMs - atMs;
      this.#expected.set(queue, messages.set(queueOffset, { body, physicalOffset, ageMs }));
    }
  }

  #faultOf(
    operation: SimOperation,
    deathAt: number,
    writeFaults: boolean,
    syncFaults: boolean,
  ): SimFault | undefined {
    if (operation.number === deathAt) return { crash: operation.number % 2 === 0 ? 'before' : 'after' };
    if (operation.number > deathAt) return { crash: 'before' };
    const short = this.#random.integer(20) === 0;
    if (short && (operation.kind === 'write' || operation.kind === 'read')) {
      return { shortBytes: 1 + this.#random.integer(200) };
    }
    if (writeFaults && operation.kind === 'write' && this.#random.integer(40) === 0) {
      return { code: this.#random.integer(2) === 0 ? 'EIO' : 'ENOSPC' };
    }
    if (syncFaults && operation.kind === 'datasync' && this.#random.integer(25) === 0) return { code: 'EIO' };
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
    if (what === 0) {
      const until = sender.acknowledged.length;
      const asked = [...sender.acknowledged.slice(0, until)];
      store.checkpoint().then(
        () => sender.markSafe(asked),
        () => {},
      );
    }
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

  async #check(process: SimProcess, store: MessageStore): Promise<void> {
    const lost: Expected[] = [];
    for (const topic of TOPICS) {
      for (let queueId = 0; queueId < QUEUES; queueId++) {
        const name = `${topic}/${queueId}`;
        const found = await readQueue(process, store, topic, queueId);
        if (!this.#uncertain.has(topic)) this.#compare(store, topic, queueId, found, lost);
        let last = -1;
        for (const [offset, { body }] of found) {
          assert.ok(Number.parseInt(body, 10) > last, `${name} ${offset} is in order`);
          last = Number.parseInt(body, 10);
        }
        // A power cut may keep a record and lose the one before it, neither promised: a named hole, not a gap.
        this.#holes ||= store.damage.length > 0;
        if (!this.#holes) {
          const { minOffset = 0, maxOffset = 0 } = store.findQueue(topic, queueId) ?? {};
          assert.equal(found.size, maxOffset - minOffset, `${name} has no gaps`);
        }
        // What was never acknowledged but survived counts from now on: the start has made it durable.
        this.#expected.set(name, found);
      }
    }
    this.#uncertain.clear();
    this.#cut = false;
    this.#checkLost(lost);
  }

  #compare(
    store: MessageStore,
    topic: string,
    queueId: number,
    found: ReadonlyMap<number, Expected>,
    lost: Expected[],
  ): void {
    const name = `${topic}/${queueId}`;
    for (const [offset, expected] of this.#expected.get(name) ?? []) {
      if (found.get(offset)?.body === expected.body) continue;
      const mayBeLost = this.#mayBeLost(expected);
      if (expected.physicalOffset < this.#removedBelow) {
        const goesOn = offset < store.maxOffset(topic, queueId);
        assert.ok(goesOn || mayBeLost, `${name} goes on after ${offset}`);
      } else if (mayBeLost) {
        lost.push(expected);
      } else {
        assert.equal(
          found.get(offset)?.body,
          expected.body,
          `${name} ${offset}, acknowledged ${expected.ageMs} ms before`,
        );
      }
    }
  }

  #mayBeLost(expected: Expected): boolean {
    return this.#cut && this.#options.flushDiskType === 'ASYNC_FLUSH' && expected.ageMs <= this.#windowMs;
  }

  /** Of what has waited through a look at the log, less than flushCommitLogLeastPages is lost: they lie side by side. */
  #checkLost(lost: readonly Expected[]): void {
    this.report.lostInWindow += lost.length;
    const lookMs = (this.#options.flushIntervalCommitLog as number) + this.#twoSyncsMs;
    const offsets = lost.filter(({ ageMs }) => ageMs > lookMs).map(({ physicalOffset }) => physicalOffset);
    if (offsets.length === 0) return;
    const spanBytes = Math.max(...offsets) - Math.min(...offsets);
    const leastBytes = (this.#options.flushCommitLogLeastPages as number) * PAGE_BYTES;
    assert.ok(
      spanBytes < leastBytes,
      `${spanBytes} bytes were lost that a look at the log should have synced`,
    );
  }
}

async function readQueue(
  process: SimProcess,
  store: MessageStore,
  topic: string,
  queueId: number,
): Promise<Map<number, Expected>> {
  const found = new Map<number, Expected>();
  const queue = store.findQueue(topic, queueId);
  for (let offset = queue?.minOffset ?? 0; queue !== undefined && offset < queue.maxOffset; ) {
    const out = new GetResult();
    const pulled = store.getMessage(queue, offset, 32, undefined, out);
    if (pulled !== true) await process.clock.run(pulled);
    for (const message of messagesOf(out)) {
      const { queueOffset, commitLogOffset: physicalOffset } = message;
      found.set(queueOffset, { body: message.body.toString(), physicalOffset, ageMs: Infinity });
    }
    assert.ok(out.nextBeginOffset > offset, 'a pull goes on');
    offset = out.nextBeginOffset;
  }
  return found;
}
