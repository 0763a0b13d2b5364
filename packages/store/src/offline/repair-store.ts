/**
 * Owns mending a store that no broker has open, so that ours and 4.4.0 read all that is intact in it.
 *
 * - A damaged part of the log becomes a record that no queue and no index takes (a rolled-back transaction message of the system
 *   topic `RMQ_SYS_DAMAGED`), or the blank end of its file: 4.4.0's recovery would cut off everything behind it otherwise. The
 *   bytes that were there are kept in `rocketmq-ts/damaged/`.
 * - Units of queues become what the log says; the unit of a lost message repeats the one after it.
 * - Configuration that cannot be read gives way to its backup, and is kept as `.damaged`.
 * - Checkpoint and index are left to the next start, which reads the whole log then; a broken index file is taken away, because
 *   4.4.0 keeps one whose times look old.
 *
 * Invariant: what is overwritten in the log has been kept durably before.
 */
import { silentLogger } from '@rocketmq-ts/platform';
import { BLANK_MAGIC, encodeRecord, MAGIC, RECORD_FIXED_BYTES } from '@rocketmq-ts/protocol';
import { DelayLevels } from '../delay-levels.ts';
import { makeDurableFolder } from '../durable-folder.ts';
import { Checksums } from '../integrity/checksums.ts';
import { type Damage, DamageReport } from '../log/damage.ts';
import type { ConsumeQueue } from '../queue/consume-queue.ts';
import { QueueTable } from '../queue/queue-table.ts';
import { RecordDispatcher } from '../queue/record-dispatcher.ts';
import { LogScanner } from '../recovery/log-scanner.ts';
import { DEFAULT_DELAY_LEVELS } from '../store-options.ts';
import type { OfflineStore } from './offline-store.ts';
import type { VerifyResult } from './verify-store.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const DAMAGED_TOPIC = 'RMQ_SYS_DAMAGED';
const TRANSACTION_ROLLBACK = 12;
const BLANK_BYTES = 8;
const KEPT_NAME_DIGITS = 20;

/** One thing that is, or would be, done. */
export interface RepairStep {
  readonly file: string;
  readonly what: string;
}

export interface RepairOptions {
  /** Say what would be done, and do nothing. */
  readonly dryRun: boolean;
  /** The broker's `messageDelayLevel`, where it is set: deliver times of delayed messages are computed with it. */
  readonly messageDelayLevel?: string | undefined;
}

/** Mends what `verifyStore` has found. Answers what was done. Throws StoreError, or as the file system does. */
export async function repairStore(
  store: OfflineStore,
  found: VerifyResult,
  options: RepairOptions,
): Promise<RepairStep[]> {
  const repair = new Repair(store, options);
  if (options.dryRun) return repair.run(found);
  store.lock.take();
  try {
    return await repair.run(found);
  } finally {
    store.close();
    store.lock.release();
  }
}

class Repair {
  readonly #store: OfflineStore;
  readonly #options: RepairOptions;
  readonly #steps: RepairStep[] = [];

  constructor(store: OfflineStore, options: RepairOptions) {
    this.#store = store;
    this.#options = options;
  }

  async run(found: VerifyResult): Promise<RepairStep[]> {
    const { fileSystem } = this.#store.platform;
    const keptFolder = `${this.#store.paths.own}/damaged`;
    if (!this.#options.dryRun && !found.isIntact) await makeDurableFolder(fileSystem, keptFolder, true);
    for (const damage of found.damage) if (damage.sizeBytes > 0) await this.#replace(damage, keptFolder);
    const queues = new Set(
      [...found.wrongUnits, ...found.lostMessages].map(({ topic, queueId }) => `${queueId}/${topic}`),
    );
    await this.#rebuild(queues, keptFolder);
    for (const broken of found.brokenFiles) await this.#restore(broken.file, broken.hasBackup, keptFolder);
    return this.#steps;
  }

  #step(file: string, what: string): void {
    this.#steps.push({ file, what });
  }

  /** A damaged part of the log, file by file. */
  async #replace(damage: Damage, keptFolder: string): Promise<void> {
    const { files } = this.#store;
    const end = damage.offset + damage.sizeBytes;
    for (let from = damage.offset; from < end; ) {
      const base = files.baseOf(from);
      const fileEnd = base + files.fileBytes;
      const to = Math.min(end, fileEnd);
      this.#step(
        files.path(base),
        `replaces ${to - from} damaged bytes at offset ${from} by a record that nobody reads`,
      );
      if (!this.#options.dryRun) await this.#overwrite(from, to, fileEnd, keptFolder);
      from = to;
    }
  }

  async #overwrite(from: number, to: number, fileEnd: number, keptFolder: string): Promise<void> {
    const { files, platform } = this.#store;
    const base = files.baseOf(from);
    const file = files.create(base);
    const kept = Buffer.alloc(to - from);
    await files.read(from, kept, 0, kept.length);
    await this.#keep(`${keptFolder}/${String(from).padStart(KEPT_NAME_DIGITS, '0')}`, kept, keptFolder);
    let bytes: Buffer;
    if (to === fileEnd) {
      bytes = Buffer.alloc(BLANK_BYTES);
      bytes.writeInt32BE(to - from, 0);
      bytes.writeInt32BE(BLANK_MAGIC, 4);
    } else {
      bytes = await this.#placeholder(from, to - from);
    }
    files.writeSync(file, bytes, 0, bytes.length, from);
    await file.file.datasync();
    file.unsynced = false;
    await platform.fileSystem.syncFolder(files.folder);
  }

  async #placeholder(physicalOffset: number, size: number): Promise<Buffer> {
    const topic = DAMAGED_TOPIC.slice(0, size - RECORD_FIXED_BYTES);
    const time = await this.#timeBehind(physicalOffset + size);
    return encodeRecord({
      ...{ topic, flag: 0, properties: new Map(), queueId: 0, queueOffset: 0, reconsumeTimes: 0 },
      ...{ sysFlag: TRANSACTION_ROLLBACK, preparedTransactionOffset: 0, commitLogOffset: physicalOffset },
      ...{ bornTimestamp: time, storeTimestamp: time, bornHost: '127.0.0.1:0', storeHost: '127.0.0.1:0' },
      body: Buffer.alloc(size - RECORD_FIXED_BYTES - topic.length),
    });
  }

  /** Store time of the record that follows: times never decrease. */
  async #timeBehind(offset: number): Promise<number> {
    const { files } = this.#store;
    const head = Buffer.alloc(RECORD_FIXED_BYTES);
    const room = files.baseOf(offset) + files.fileBytes - offset;
    if (files.has(files.baseOf(offset)) && room >= head.length)
      await files.read(offset, head, 0, head.length);
    if (head.readInt32BE(4) !== MAGIC) return this.#store.platform.clock.now();
    return head.readInt32BE(56) * 0x1_0000_0000 + head.readUInt32BE(60);
  }

  async #keep(path: string, bytes: Buffer, folder: string): Promise<void> {
    const { fileSystem } = this.#store.platform;
    const file = fileSystem.openSync(path, 'create');
    try {
      file.truncateSync(0);
      for (let done = 0; done < bytes.length; )
        done += file.writeSync(bytes, done, bytes.length - done, done);
      await file.datasync();
    } finally {
      file.closeSync();
    }
    await fileSystem.syncFolder(folder);
  }

  /** Builds these queues anew from the log, and covers every record with a checksum. */
  async #rebuild(names: ReadonlySet<string>, keptFolder: string): Promise<void> {
    const { files, paths, queueFiles, platform } = this.#store;
    const { fileSystem } = platform;
    for (const name of names) {
      const slash = name.indexOf('/');
      const topic = name.slice(slash + 1);
      const folder = paths.queueFolder(topic, Number(name.slice(0, slash)));
      this.#step(folder, 'builds the queue anew from the log');
      if (this.#options.dryRun || !fileSystem.existsSync(folder)) continue;
      const kept = `${keptFolder}/queue-${topic}-${name.slice(0, slash)}`;
      queueFiles.forget(folder);
      await fileSystem.removeTree(kept);
      fileSystem.renameSync(folder, kept);
      await fileSystem.syncFolder(paths.topicFolder(topic));
    }
    if (this.#options.dryRun) return;
    const table = new QueueTable(fileSystem, paths, {
      files: queueFiles,
      queueFolder: (topic, queueId) => paths.queueFolder(topic, queueId),
      logMinOffset: () => files.minOffset,
      memoryStartOffset: () => Number.POSITIVE_INFINITY,
      ...{ loadBelow: 0, isClean: false },
    });
    const damage = new DamageReport(silentLogger);
    const levels = new DelayLevels(this.#options.messageDelayLevel ?? DEFAULT_DELAY_LEVELS);
    const grown = new Set<ConsumeQueue>();
    const dispatcher = new RecordDispatcher(table, () => levels, damage, {
      grown: (queue) => grown.add(queue),
    });
    const checksums = new Checksums(fileSystem, paths.checksums, files, silentLogger);
    checksums.begin(files.minOffset, this.#store.foreign);
    const write = async (): Promise<void> => {
      for (const queue of grown) {
        queue.publish();
        queue.file();
        queue.trimMemory(true);
      }
      grown.clear();
    };
    const scanner = new LogScanner(files, damage, true, false, checksums);
    const scan = await scanner.scan(
      files.minOffset,
      NO_LIMIT,
      (buffer, at, size, physicalOffset) => {
        checksums.add(buffer, at, size, physicalOffset);
        if (names.size > 0 && names.has(queueNameOf(buffer, at)))
          dispatcher.dispatch(buffer, at, size, physicalOffset);
      },
      write,
    );
    await write();
    await checksums.finish(scan.endOffset);
    await checksums.sync();
    checksums.writer.close();
    await queueFiles.sync(2);
  }

  async #restore(file: string, hasBackup: boolean, keptFolder: string): Promise<void> {
    const { platform, paths, checkpoint } = this.#store;
    const { fileSystem } = platform;
    if (file.startsWith(`${paths.root}/config/`)) {
      if (!hasBackup) {
        this.#step(
          file,
          'cannot be restored: there is no backup that can be read; the broker starts with an empty one',
        );
        return;
      }
      this.#step(file, 'gives way to its backup, and is kept as .damaged');
      if (this.#options.dryRun) return;
      const folder = `${paths.root}/config`;
      const backup = fileSystem.readFileSync(`${file}.bak`);
      fileSystem.renameSync(file, `${file}.damaged`);
      await this.#keep(file, backup, folder);
      return;
    }
    this.#step(file, 'is built anew by the next start, which reads the log from its beginning');
    if (this.#options.dryRun) return;
    if (file.startsWith(`${paths.index}/`)) {
      fileSystem.renameSync(file, `${keptFolder}/index-${file.slice(paths.index.length + 1)}`);
      await fileSystem.syncFolder(paths.index);
    }
    checkpoint.physicMsgTimestamp = 0;
    checkpoint.logicsMsgTimestamp = 0;
    checkpoint.indexMsgTimestamp = 0;
    await checkpoint.save();
    fileSystem.writeFileSync(paths.abort, Buffer.alloc(0));
    await fileSystem.syncFolder(paths.root);
  }
}

function queueNameOf(buffer: Buffer, at: number): string {
  const topicAt = at + 88 + buffer.readInt32BE(at + 84);
  const topic = buffer.toString('utf8', topicAt + 1, topicAt + 1 + (buffer[topicAt] as number));
  return `${buffer.readInt32BE(at + 12)}/${topic}`;
}
