/**
 * The broker's state files: topics.json and subscriptionGroup.json, written in the turn of a change (before the answer that
 * tells of it leaves), and consumerOffset.json, written every few seconds.
 *
 * A file that takes long to write, because the table is large, is written less often than every turn, so that making many
 * topics does not take all of the loop's time. What an administrator asked for is written in its turn, or after a rest as long as
 * the last write, together with what else was asked for meanwhile (`saved`); or at once (`saveNow`).
 */
import { dirname, join } from 'node:path';
import { type Logger, type Platform, type Timer, TurnPhase } from '@rocketmq-ts/platform';
import { diskError } from '@rocketmq-ts/store';
import { StateFile } from './state-file.ts';

/** A write that takes no longer may happen in every turn. */
const QUICK_MS = 1;
/** After a slow write, this many times its duration pass before the next. */
const REST_FACTOR = 20;

export interface StatePart {
  encodeFile(): Buffer;
  decodeFile(text: string): void;
}

export type StateName = 'topics' | 'groups' | 'offsets';

const FILE_NAMES: Readonly<Record<StateName, string>> = {
  topics: 'topics.json',
  groups: 'subscriptionGroup.json',
  offsets: 'consumerOffset.json',
};

export class BrokerState {
  readonly #platform: Platform;
  readonly #logger: Logger;
  readonly #folder: string;
  readonly #files = new Map<StateName, StateFile>();
  #deferred = false;
  /** Callers of `saved` that wait for the next write. */
  #awaiting: (() => void)[] = [];
  #timer: Timer | undefined;
  /** Monotonic milliseconds. */
  #nextWriteMs = Number.NEGATIVE_INFINITY;
  /** The same for what somebody waits for. */
  #nextAwaitedMs = Number.NEGATIVE_INFINITY;

  constructor(platform: Platform, logger: Logger, storePathRootDir: string) {
    this.#platform = platform;
    this.#logger = logger;
    this.#folder = join(storePathRootDir, 'config');
    // At once: the progress of delayed messages is kept there too, and may be written first.
    this.#makeFolder();
  }

  /** Reads a file into its part. Throws StateFileError. */
  load(name: StateName, part: StatePart): void {
    const file = new StateFile({
      fileSystem: this.#platform.fileSystem,
      logger: this.#logger,
      path: join(this.#folder, FILE_NAMES[name]),
      encode: () => part.encodeFile(),
    });
    this.#files.set(name, file);
    file.load((text) => part.decodeFile(text));
  }

  /** Marks a part as changed. */
  changed(name: StateName): void {
    this.#files.get(name)?.markDirty();
    if (name !== 'offsets') this.#defer();
  }

  /** Resolves once topics and groups, as they are now, have been written: at the end of this turn, or soon after. */
  saved(): Promise<void> {
    this.#defer();
    return new Promise((resolve) => this.#awaiting.push(resolve));
  }

  #defer(): void {
    if (this.#deferred) return;
    this.#deferred = true;
    this.#platform.turn.defer(TurnPhase.storeWrite, this);
  }

  runAtTurnEnd(): void {
    this.#deferred = false;
    const dueMs = this.#awaiting.length > 0 ? this.#nextAwaitedMs : this.#nextWriteMs;
    const waitMs = dueMs - this.#platform.clock.monotonicMs();
    if (waitMs <= 0) {
      this.saveNow();
      return;
    }
    this.#timer?.cancel();
    this.#timer = this.#platform.clock.setTimeout(() => this.saveNow(), waitMs);
  }

  /** Writes topics and groups that changed. */
  saveNow(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const clock = this.#platform.clock;
    const start = clock.monotonicMs();
    this.#write('topics');
    this.#write('groups');
    const end = clock.monotonicMs();
    const tookMs = end - start < QUICK_MS ? 0 : end - start;
    this.#nextWriteMs = end + tookMs * REST_FACTOR;
    this.#nextAwaitedMs = end + tookMs;
    this.#letGo();
  }

  #letGo(): void {
    const awaiting = this.#awaiting;
    this.#awaiting = [];
    for (const resolve of awaiting) resolve();
  }

  /** Called every few seconds; also tries again what could not be written. */
  writeAll(): void {
    for (const name of this.#files.keys()) this.#write(name);
  }

  #write(name: StateName): void {
    const file = this.#files.get(name);
    if (file === undefined || !file.dirty) return;
    file.write();
  }

  #makeFolder(): void {
    const files = this.#platform.fileSystem;
    try {
      files.mkdirSync(this.#folder);
    } catch (error) {
      throw diskError(`The folder ${this.#folder} of topics, groups and offsets cannot be made`, error);
    }
    // Also when it was there: a process that died may have made it just now.
    files.syncFolder(dirname(this.#folder)).catch((error: unknown) => {
      this.#logger.error(`the folder ${this.#folder} could not be synced to the disk`, { error });
    });
  }

  /** Writes what changed and waits until it is durable. */
  async flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.writeAll();
    this.#letGo();
    await Promise.all(Array.from(this.#files.values(), (file) => file.flush()));
  }
}
