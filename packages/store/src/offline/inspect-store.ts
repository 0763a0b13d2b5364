/** Owns a summary of a store folder that no broker has open: what is in it and how it was left. Reads names, sizes and ends. */

import { FILLER_SIZE, readUnit, UNIT_BYTES } from '../queue/queue-unit.ts';
import type { OfflineStore } from './offline-store.ts';

export interface StoreInspection {
  readonly folder: string;
  /** The last stop was clean. */
  readonly cleanStop: boolean;
  /** A program other than ours wrote last, or ours has never had it. */
  readonly foreign: boolean;
  readonly log: {
    readonly folder: string;
    readonly fileBytes: number;
    readonly fileCount: number;
    readonly minOffset: number;
    /** Log and queues are known to be complete below this; undefined where our progress file is missing. */
    readonly completeTo: number | undefined;
  };
  readonly checkpoint: {
    readonly physicMsgTimestamp: number;
    readonly logicsMsgTimestamp: number;
    readonly indexMsgTimestamp: number;
  };
  readonly topics: readonly {
    readonly topic: string;
    readonly queues: readonly {
      readonly queueId: number;
      readonly minOffset: number;
      readonly maxOffset: number;
    }[];
  }[];
  readonly indexFiles: readonly string[];
  /** Log files with checksums of whole records. */
  readonly checksumFiles: number;
}

export function inspectStore(store: OfflineStore): StoreInspection {
  const { fileSystem } = store.platform;
  const { paths, files, checkpoint, progress } = store;
  const { physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp } = checkpoint;
  return {
    folder: paths.root,
    cleanStop: !store.abnormal,
    foreign: store.foreign,
    log: {
      ...{ folder: paths.commitLog, fileBytes: files.fileBytes, fileCount: files.bases.length },
      ...{ minOffset: files.minOffset, completeTo: store.foreign ? undefined : progress?.queuesCompleteTo },
    },
    checkpoint: { physicMsgTimestamp, logicsMsgTimestamp, indexMsgTimestamp },
    topics: store.topics().map((topic) => ({
      topic,
      queues: store.queueIds(topic).map((queueId) => ({ queueId, ...endsOf(store, topic, queueId) })),
    })),
    indexFiles: fileSystem.readdirSync(paths.index).filter((name) => /^\d{17}$/.test(name)),
    checksumFiles: fileSystem.readdirSync(paths.checksums).length,
  };
}

/** First and last unit that stand for messages. */
function endsOf(
  store: OfflineStore,
  topic: string,
  queueId: number,
): { minOffset: number; maxOffset: number } {
  const { queueFiles, files } = store;
  const folder = store.paths.queueFolder(topic, queueId);
  const bytes = Buffer.alloc(UNIT_BYTES);
  const starts = queueFiles.list(folder);
  const first = starts[0];
  const last = starts.at(-1);
  if (first === undefined || last === undefined) return { minOffset: 0, maxOffset: 0 };
  const isUnit = (unit: number): boolean =>
    queueFiles.readSync(folder, unit, 1, bytes) === 1 && readUnit(bytes, 0).size > 0;
  const maxOffset = firstWithout(last, last + queueFiles.unitsPerFile, isUnit);
  const isGone = (unit: number): boolean => {
    if (!isUnit(unit)) return true;
    const { size, physicalOffset } = readUnit(bytes, 0);
    return size === FILLER_SIZE || physicalOffset < files.minOffset;
  };
  return { minOffset: firstWithout(first, maxOffset, isGone), maxOffset };
}

/** The first in [low, high) without a property that those before it have. */
function firstWithout(low: number, high: number, has: (unit: number) => boolean): number {
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    if (has(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
