/** Stores on a simulated disk: processes that die, power that goes, and what the next process finds. */
import type { FileSystem, Network, Platform, ProcessTable } from '@rocketmq-ts/platform';
import { Turn } from '@rocketmq-ts/platform';
import { SimClock, SimFileSystem, type SimFileSystemOptions, SimRandom } from '@rocketmq-ts/platform/sim';
import { AppendStatus, MessageStore, type StoreError, type StoreOptionsInput } from '@rocketmq-ts/store';
import { requestOf, smallOptions, type TestMessage } from './store-fixture.ts';

export const SIM_ROOT = '/store';

let lastPid = 100;

/** A process: a clock, a disk, a pid of its own. The process is dead once its disk has crashed. */
export interface SimProcess {
  readonly clock: SimClock;
  readonly fs: SimFileSystem;
  readonly platform: Platform;
  readonly processTable: ProcessTable;
}

export function simProcess(options: Partial<SimFileSystemOptions> & { fs?: SimFileSystem } = {}): SimProcess {
  const clock = (options.clock as SimClock | undefined) ?? new SimClock();
  const fs = options.fs ?? new SimFileSystem({ clock, ...options });
  const ownPid = ++lastPid;
  const processTable: ProcessTable = { ownPid, startOf: (pid) => (pid === ownPid ? 'now' : undefined) };
  return { clock, fs, platform: simPlatform(clock, fs), processTable };
}

function simPlatform(clock: SimClock, fileSystem: FileSystem): Platform {
  return {
    clock,
    fileSystem,
    network: undefined as unknown as Network,
    random: new SimRandom(1),
    turn: new Turn(clock),
  };
}

export async function openSim(
  process: SimProcess,
  options: Partial<StoreOptionsInput> = {},
): Promise<MessageStore> {
  const { platform, processTable, clock } = process;
  return clock.run(
    MessageStore.open(platform, {
      ...smallOptions(SIM_ROOT),
      totalMemoryBytes: 2 ** 33,
      processTable,
      ...options,
    }),
  );
}

/** What a sender has been told. */
export interface Acknowledged {
  readonly queue: string;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly body: string;
  /** When its sender was told, on the clock that the sender was given. */
  readonly atMs: number;
}

/** A sender that notes what the store acknowledges, as long as the process lives. */
export class Sender {
  readonly #store: MessageStore;
  readonly #alive: () => boolean;
  readonly #durable: boolean;
  readonly #nowMs: () => number;
  readonly #safe = new Set<Acknowledged>();
  readonly acknowledged: Acknowledged[] = [];
  readonly dropped: string[] = [];
  refused = 0;
  failure: StoreError | undefined;
  /** When the failure was told; Infinity without one. */
  failedMs = Infinity;
  #waiting: (Omit<Acknowledged, 'atMs'> & { endOffset: number })[] = [];
  #written = 0;

  constructor(store: MessageStore, durable: boolean, alive: () => boolean, nowMs: () => number = () => 0) {
    this.#store = store;
    this.#nowMs = nowMs;
    this.#alive = alive;
    this.#durable = durable;
    store.onProgress((writtenOffset, durableOffset) =>
      this.#progress(durable ? durableOffset : writtenOffset),
    );
    store.onDropped((keptOffset) => {
      for (const message of this.#waiting)
        if (message.endOffset > keptOffset) this.dropped.push(message.body);
      this.#waiting = this.#waiting.filter((message) => message.endOffset <= keptOffset);
    });
    store.onFailure((error) => {
      this.failure = error;
      this.failedMs = nowMs();
    });
  }

  get waitingCount(): number {
    return this.#waiting.length;
  }

  get durable(): boolean {
    return this.#durable;
  }

  /** Does not wait for these any more, nor remember them: their topic is going away. */
  forget(isGone: (queue: string) => boolean): void {
    this.#waiting = this.#waiting.filter((message) => !isGone(message.queue));
    const kept = this.acknowledged.filter((message) => !isGone(message.queue));
    this.acknowledged.splice(0, this.acknowledged.length, ...kept);
  }

  /** These have been made durable. */
  markSafe(messages: readonly Acknowledged[]): void {
    for (const message of messages) this.#safe.add(message);
  }

  isSafe(message: Acknowledged): boolean {
    return this.#safe.has(message);
  }

  send(message: TestMessage & { body: string }): boolean {
    const status = this.#store.append(requestOf(this.#store, message));
    if (status !== AppendStatus.PUT_OK) {
      this.refused++;
      return false;
    }
    const { queueOffset, physicalOffset, endOffset } = this.#store.lastAppend;
    const queue = `${message.topic ?? 'TestTopic'}/${message.queueId ?? 0}`;
    this.#waiting.push({ queue, queueOffset, physicalOffset, body: message.body, endOffset });
    return true;
  }

  #progress(offset: number): void {
    if (!this.#alive() || offset < this.#written) return;
    this.#written = offset;
    while (this.#waiting.length > 0 && (this.#waiting[0] as { endOffset: number }).endOffset <= offset) {
      const { queue, queueOffset, physicalOffset, body } = this.#waiting.shift() as Omit<
        Acknowledged,
        'atMs'
      >;
      this.acknowledged.push({ queue, queueOffset, physicalOffset, body, atMs: this.#nowMs() });
    }
  }
}
