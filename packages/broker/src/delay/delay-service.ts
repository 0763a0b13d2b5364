/**
 * Delivers delayed messages, level by level, and keeps in config/delayOffset.json how far each level is.
 *
 * Invariants: nothing runs on a slave; the file never claims more than copies that are durable, so that a power failure
 * may deliver a message again and never loses one.
 *
 * Counterpart in RocketMQ: ScheduleMessageService.
 */
import type { Timer } from '@rocketmq-ts/platform';
import { decodeDelayOffsetTable, stringifyFastjson } from '@rocketmq-ts/protocol';
import type { BrokerContext } from '../broker-context.ts';
import { StateFile } from '../persistence/state-file.ts';
import type { MessageRouter } from '../send/message-router.ts';
import type { MessageWriter } from '../send/message-writer.ts';
import { DelayLevelRunner } from './delay-level-runner.ts';

export class DelayService {
  readonly #context: BrokerContext;
  readonly #writer: MessageWriter;
  readonly #router: MessageRouter;
  readonly #file: StateFile;
  readonly #runners = new Map<number, DelayLevelRunner>();
  /** What the file is to say. */
  #saved = new Map<number, number>();
  /** What it may say once everything below `end` of the log is durable. */
  #next: { readonly offsets: Map<number, number>; readonly end: number } | undefined;
  #timer: Timer | undefined;

  constructor(context: BrokerContext, writer: MessageWriter, router: MessageRouter) {
    this.#context = context;
    this.#writer = writer;
    this.#router = router;
    this.#file = new StateFile({
      fileSystem: context.platform.fileSystem,
      logger: context.log,
      path: `${context.config.storePathRootDir}/config/delayOffset.json`,
      encode: () => Buffer.from(stringifyFastjson({ offsetTable: this.#saved }, { pretty: true })),
    });
  }

  /** Throws StateFileError when the progress is there and cannot be read. */
  load(): void {
    this.#file.load((text) => {
      this.#saved = decodeDelayOffsetTable(Buffer.from(text)).offsetTable;
    });
  }

  start(): void {
    if (this.#context.config.brokerRole === 'SLAVE') return;
    const levels = this.#router.delayLevels;
    for (let level = 1; level <= levels.count; level++) {
      const offset = this.#saved.get(level) ?? 0;
      const runner = new DelayLevelRunner(this.#context, this.#writer, level, levels.delayMs(level), offset);
      this.#runners.set(level, runner);
      runner.start();
    }
    this.#context.store.onDropped((keptOffset) => {
      this.#next = undefined;
      for (const runner of this.#runners.values()) runner.takeBack(keptOffset);
    });
    this.#saveEvery(this.#context.config.flushDelayOffsetInterval);
  }

  /** A changed period counts from the next round on. */
  #saveEvery(periodMs: number): void {
    const { platform, config } = this.#context;
    const timer = platform.clock.setInterval(() => {
      this.#save();
      if (config.flushDelayOffsetInterval === periodMs) return;
      timer.cancel();
      this.#saveEvery(config.flushDelayOffsetInterval);
    }, periodMs);
    this.#timer = timer;
  }

  /** Delivers no more. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    for (const runner of this.#runners.values()) runner.stop();
  }

  /** Writes the progress; call it once the store has made everything durable. */
  async persist(): Promise<void> {
    if (this.#runners.size === 0) return;
    this.#saved = this.#current();
    this.#file.markDirty();
    this.#file.write();
    await this.#file.flush();
  }

  /** By level: the first message not yet delivered. */
  offsets(): ReadonlyMap<number, number> {
    return this.#runners.size === 0 ? this.#saved : this.#current();
  }

  /** Takes over how far the master is: on a slave, which delivers nothing itself. */
  follow(offsets: ReadonlyMap<number, number>): void {
    if (this.#runners.size > 0 || sameOffsets(offsets, this.#saved)) return;
    this.#saved = new Map(offsets);
    const { fileSystem } = this.#context.platform;
    fileSystem.mkdirSync(`${this.#context.config.storePathRootDir}/config`);
    this.#file.markDirty();
    this.#file.write();
  }

  #current(): Map<number, number> {
    const offsets = new Map(this.#saved);
    for (const [level, runner] of this.#runners) {
      if (runner.offset > 0 || offsets.has(level)) offsets.set(level, runner.offset);
    }
    return offsets;
  }

  #save(): void {
    const next = this.#next;
    const { store } = this.#context;
    if (next !== undefined && store.durableOffset >= next.end) {
      this.#next = undefined;
      if (!sameOffsets(next.offsets, this.#saved)) {
        this.#saved = next.offsets;
        this.#file.markDirty();
        this.#file.write();
      }
    }
    const end = Math.max(store.maxPhysicalOffset, store.lastAppend.endOffset);
    this.#next ??= { offsets: this.#current(), end };
  }
}

function sameOffsets(left: ReadonlyMap<number, number>, right: ReadonlyMap<number, number>): boolean {
  if (left.size !== right.size) return false;
  for (const [level, offset] of left) if (right.get(level) !== offset) return false;
  return true;
}
