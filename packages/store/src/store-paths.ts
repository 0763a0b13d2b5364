/**
 * Owns where everything lies under the root of a store, and which names may become folders.
 *
 * Layout (RocketMQ 4.4.0, StorePathConfigHelper; the last folder is ours and unknown to Java):
 *
 *     commitlog/00000000000000000000          log files, named by the offset of their first byte
 *     consumequeue/TOPIC/QUEUEID/0000…        queue files, named likewise (bytes, not units)
 *     index/yyyyMMddHHmmssSSS                 the message index
 *     checkpoint, abort, lock
 *     rocketmq-ts/owner, progress, trash/     whose the folder is; how far the queues are complete; what is being removed
 *     rocketmq-ts/checksums/0000…             checksums of whole records, a file for each log file
 *     rocketmq-ts/synced, scrub               how far the log has been synced; how far it has been read for damage
 */
import { StoreError, StoreErrorCode } from './store-error.ts';

export const FILE_NAME_DIGITS = 20;
const FILE_NAME = /^\d{20}$/;
const MAX_TOPIC_BYTES = 127;

export class StorePaths {
  readonly root: string;
  readonly commitLog: string;
  readonly consumeQueue: string;
  readonly index: string;
  readonly checkpoint: string;
  readonly abort: string;
  readonly lock: string;
  readonly own: string;
  readonly owner: string;
  /** `owner` between two processes. */
  readonly freeOwner: string;
  readonly progress: string;
  readonly trash: string;
  readonly synced: string;
  readonly scrub: string;
  readonly checksums: string;

  constructor(root: string, commitLog: string) {
    this.root = root;
    this.commitLog = commitLog;
    this.consumeQueue = `${root}/consumequeue`;
    this.index = `${root}/index`;
    this.checkpoint = `${root}/checkpoint`;
    this.abort = `${root}/abort`;
    this.lock = `${root}/lock`;
    this.own = `${root}/rocketmq-ts`;
    this.owner = `${this.own}/owner`;
    this.freeOwner = `${this.own}/owner.free`;
    this.progress = `${this.own}/progress`;
    this.trash = `${this.own}/trash`;
    this.checksums = `${this.own}/checksums`;
    this.synced = `${this.own}/synced`;
    this.scrub = `${this.own}/scrub`;
  }

  topicFolder(topic: string): string {
    return `${this.consumeQueue}/${topic}`;
  }

  queueFolder(topic: string, queueId: number): string {
    return `${this.consumeQueue}/${topic}/${queueId}`;
  }
}

export function fileNameOf(offset: number): string {
  return String(offset).padStart(FILE_NAME_DIGITS, '0');
}

/** The offset that a file name states; undefined for other files. */
export function offsetOfFileName(name: string): number | undefined {
  if (!FILE_NAME.test(name)) return undefined;
  const offset = Number(name);
  return Number.isSafeInteger(offset) ? offset : undefined;
}

/** UTF-8 of a topic name that is safe as the name of one folder. Throws StoreError STORE_BAD_NAME. */
export function topicNameBytes(name: string): Buffer {
  const bytes = Buffer.from(name, 'utf8');
  const problem = topicNameProblem(name, bytes.length);
  if (problem !== undefined) {
    throw new StoreError(
      StoreErrorCode.STORE_BAD_NAME,
      `Topic ${JSON.stringify(name.slice(0, 160))} cannot be stored: ${problem}; ` +
        'use 1 to 127 bytes of letters, digits, "_", "-", "%" and "|"',
    );
  }
  return bytes;
}

function topicNameProblem(name: string, sizeBytes: number): string | undefined {
  if (name.length === 0) return 'the name is empty';
  if (sizeBytes > MAX_TOPIC_BYTES) return `the name has ${sizeBytes} bytes`;
  if (name === '.' || name === '..') return 'the name means a folder';
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    if (unit < 0x20 || unit === 0x7f) return `the name has the control character ${unit}`;
    if (unit === 0x2f || unit === 0x5c) return 'the name has a path separator';
  }
  // What is not whole UTF-16 would come back from the disk as another name.
  if (Buffer.from(name, 'utf8').toString('utf8') !== name) return 'the name is not valid Unicode';
  return undefined;
}

/** Queue ids are int32 on the wire and folder names on disk. Throws StoreError STORE_BAD_NAME. */
export function checkQueueId(topic: string, queueId: number): void {
  if (Number.isInteger(queueId) && queueId >= 0 && queueId <= 0x7fffffff) return;
  throw new StoreError(
    StoreErrorCode.STORE_BAD_NAME,
    `Queue ${queueId} of topic ${topic}: a queue id is an integer from 0 to 2147483647`,
  );
}

/** The queue id that a folder name states; undefined for other names. */
export function queueIdOfFolder(name: string): number | undefined {
  if (!/^(0|[1-9]\d{0,9})$/.test(name)) return undefined;
  const queueId = Number(name);
  return queueId <= 0x7fffffff ? queueId : undefined;
}
