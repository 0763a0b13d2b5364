/**
 * Owns reading a whole store and naming what is broken in it: records, units of queues, index, checkpoint, configuration.
 *
 * Invariant: what the next start builds anyway (units of records behind the marks after a kill) is not called broken; nor is the
 * queue of a topic that was removed, whose records are still in the log.
 */
import { silentLogger } from '@rocketmq-ts/platform';
import { MAGIC, parseFastjson } from '@rocketmq-ts/protocol';
import type { Damage } from '../log/damage.ts';
import { DamageReport } from '../log/damage.ts';
import { FILLER_SIZE, readUnit, UNIT_BYTES } from '../queue/queue-unit.ts';
import { LogScanner } from '../recovery/log-scanner.ts';
import { OfflineChecksums, type OfflineStore } from './offline-store.ts';

const NO_LIMIT = Number.MAX_SAFE_INTEGER;
const BLOCK_UNITS = 256;
/** Up to the place that a record states. */
const HEAD_BYTES = 36;
const DAY_MS = 86_400_000;
const MAX_NAMED = 1000;
const CONFIG_FILES = ['topics', 'subscriptionGroup', 'consumerOffset', 'delayOffset'];

/** A unit that is not what the log says, and what it should be. */
export interface WrongUnit {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly physicalOffset: number;
  readonly size: number;
  readonly what: string;
}

/** A message whose record is damaged. */
export interface LostMessage {
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  /** Of the damaged record. */
  readonly physicalOffset: number;
}

export interface BrokenFile {
  readonly file: string;
  readonly what: string;
  /** A good copy is beside it. */
  readonly hasBackup: boolean;
}

export interface VerifyResult {
  readonly recordCount: number;
  readonly logBytes: number;
  /** Records with a checksum over all of them, and without. */
  readonly coveredCount: number;
  readonly uncoveredCount: number;
  readonly endOffset: number;
  /** Bytes behind the end that are not zeros: a torn tail, which the next start clears. */
  readonly tornBytes: number;
  readonly damage: readonly Damage[];
  readonly wrongUnits: readonly WrongUnit[];
  readonly wrongUnitCount: number;
  readonly lostMessages: readonly LostMessage[];
  readonly brokenFiles: readonly BrokenFile[];
  readonly isIntact: boolean;
}

export async function verifyStore(store: OfflineStore): Promise<VerifyResult> {
  const { files } = store;
  const damage = new DamageReport(silentLogger);
  const checksums = new OfflineChecksums(store);
  const units = new UnitChecker(store);
  const scanner = new LogScanner(files, damage, true, false, checksums);
  const totalBytes = files.endOffset - files.minOffset;
  let recordCount = 0;
  let lastTimestamp = 0;
  const scan = await scanner.scan(files.minOffset, NO_LIMIT, (buffer, at, size, physicalOffset) => {
    recordCount++;
    lastTimestamp = buffer.readInt32BE(at + 56) * 0x1_0000_0000 + buffer.readUInt32BE(at + 60);
    units.check(buffer, at, size, physicalOffset);
    if (recordCount % 1024 === 0) store.onProgress(physicalOffset - files.minOffset, totalBytes);
  });
  store.onProgress(totalBytes, totalBytes);
  const brokenFiles = [...brokenConfig(store), ...brokenMarks(store, lastTimestamp)];
  const lostMessages = units.lost(damage.list);
  const wrongUnits = units.wrong();
  return {
    ...{ recordCount, logBytes: scan.endOffset - files.minOffset, endOffset: scan.endOffset },
    ...{ coveredCount: checksums.covered, uncoveredCount: checksums.uncovered },
    tornBytes: scan.soiledTo - scan.endOffset,
    damage: damage.list,
    ...{ wrongUnits: wrongUnits.slice(0, MAX_NAMED), wrongUnitCount: wrongUnits.length },
    ...{ lostMessages, brokenFiles },
    isIntact: damage.count === 0 && wrongUnits.length === 0 && brokenFiles.length === 0,
  };
}

interface QueueView {
  readonly folder: string;
  /** First units of its files. */
  readonly starts: readonly number[];
  readonly block: Buffer;
  blockStart: number;
  blockUnits: number;
  wrong: WrongUnit[];
}

/** Compares records with the units of their queues, in the order of the log. */
class UnitChecker {
  readonly #store: OfflineStore;
  readonly #views = new Map<string, QueueView | undefined>();
  readonly #completeTo: number;

  constructor(store: OfflineStore) {
    this.#store = store;
    // After a kill, units behind the mark may not have been written yet.
    const mark = store.foreign ? 0 : (store.progress?.queuesCompleteTo ?? 0);
    this.#completeTo = store.abnormal ? mark : NO_LIMIT;
  }

  check(buffer: Buffer, at: number, size: number, physicalOffset: number): void {
    const transactionType = buffer.readInt32BE(at + 36) & 0xc;
    if (transactionType === 4 || transactionType === 12) return;
    const topicAt = at + 88 + buffer.readInt32BE(at + 84);
    const topic = buffer.toString('utf8', topicAt + 1, topicAt + 1 + (buffer[topicAt] as number));
    const queueId = buffer.readInt32BE(at + 12);
    const view = this.#viewOf(topic, queueId);
    if (view === undefined) return;
    const queueOffset = buffer.readInt32BE(at + 20) * 0x1_0000_0000 + buffer.readUInt32BE(at + 24);
    if (queueOffset < (view.starts[0] as number)) return;
    const { physicalOffset: found, size: foundSize } = this.#unitAt(view, queueOffset);
    if (found === physicalOffset && foundSize === size) {
      // The queue begins anew here: what came before is of a topic that was removed.
      if (queueOffset === 0) view.wrong = [];
      return;
    }
    if (physicalOffset >= this.#completeTo) return;
    // A later record has the place: the topic was removed and made anew.
    if (foundSize > 0 && found > physicalOffset && this.#isPlaceOf(found, queueId, queueOffset)) return;
    const what =
      foundSize <= 0 ? 'is missing' : foundSize === FILLER_SIZE ? 'is a filler' : `points to ${found}`;
    view.wrong.push({ topic, queueId, queueOffset, physicalOffset, size, what });
  }

  wrong(): WrongUnit[] {
    return [...this.#views.values()].flatMap((view) => view?.wrong ?? []);
  }

  /** Messages whose units point into damaged parts of the log. */
  lost(damage: readonly Damage[]): LostMessage[] {
    const lost: LostMessage[] = [];
    const regions = damage.filter(({ sizeBytes }) => sizeBytes > 0);
    if (regions.length === 0) return lost;
    const { queueFiles } = this.#store;
    for (const topic of this.#store.topics()) {
      for (const queueId of this.#store.queueIds(topic)) {
        const folder = this.#store.paths.queueFolder(topic, queueId);
        const block = Buffer.alloc(BLOCK_UNITS * UNIT_BYTES);
        for (const start of queueFiles.list(folder)) {
          for (let first = start; first < start + queueFiles.unitsPerFile; first += BLOCK_UNITS) {
            const count = queueFiles.readSync(folder, first, BLOCK_UNITS, block);
            if (count === 0 || readUnit(block, 0).size <= 0) break;
            for (let i = 0; i < count; i++) {
              const { physicalOffset, size } = readUnit(block, i * UNIT_BYTES);
              const inside = regions.some(
                (each) => physicalOffset >= each.offset && physicalOffset < each.offset + each.sizeBytes,
              );
              if (size > 0 && size !== FILLER_SIZE && inside && lost.length < MAX_NAMED)
                lost.push({ topic, queueId, queueOffset: first + i, physicalOffset });
            }
          }
        }
      }
    }
    return lost;
  }

  /** Whether the record at this place of the log is the one of that queue offset. */
  #isPlaceOf(physicalOffset: number, queueId: number, queueOffset: number): boolean {
    const { files } = this.#store;
    const head = Buffer.alloc(HEAD_BYTES);
    if (physicalOffset + head.length > files.endOffset || !files.has(files.baseOf(physicalOffset)))
      return false;
    if (files.readSync(physicalOffset, head, 0, head.length) < head.length) return false;
    const int64 = (at: number): number => head.readInt32BE(at) * 0x1_0000_0000 + head.readUInt32BE(at + 4);
    const isRecord = head.readInt32BE(4) === MAGIC && int64(28) === physicalOffset;
    return isRecord && head.readInt32BE(12) === queueId && int64(20) === queueOffset;
  }

  #viewOf(topic: string, queueId: number): QueueView | undefined {
    const key = `${queueId}/${topic}`;
    if (this.#views.has(key)) return this.#views.get(key);
    let view: QueueView | undefined;
    const isName = topic !== '' && topic !== '.' && topic !== '..' && !topic.includes('/');
    if (isName && queueId >= 0) {
      const folder = this.#store.paths.queueFolder(topic, queueId);
      const starts = this.#store.queueFiles.list(folder);
      const block = Buffer.alloc(BLOCK_UNITS * UNIT_BYTES);
      if (starts.length > 0) view = { folder, starts, block, blockStart: -1, blockUnits: 0, wrong: [] };
    }
    this.#views.set(key, view);
    return view;
  }

  #unitAt(view: QueueView, queueOffset: number): { physicalOffset: number; size: number } {
    if (
      view.blockStart < 0 ||
      queueOffset < view.blockStart ||
      queueOffset >= view.blockStart + view.blockUnits
    ) {
      view.blockStart = queueOffset;
      view.blockUnits = this.#store.queueFiles.readSync(view.folder, queueOffset, BLOCK_UNITS, view.block);
      if (view.blockUnits === 0) return { physicalOffset: -1, size: 0 };
    }
    return readUnit(view.block, (queueOffset - view.blockStart) * UNIT_BYTES);
  }
}

/** The state that brokers keep beside the log, as far as it is there. */
function brokenConfig(store: OfflineStore): BrokenFile[] {
  const { fileSystem } = store.platform;
  const broken: BrokenFile[] = [];
  for (const name of CONFIG_FILES) {
    const file = `${store.paths.root}/config/${name}.json`;
    const problem = jsonProblem(store, file);
    if (problem === undefined) continue;
    const hasBackup = fileSystem.existsSync(`${file}.bak`) && jsonProblem(store, `${file}.bak`) === undefined;
    broken.push({ file, what: problem, hasBackup });
  }
  return broken;
}

function jsonProblem(store: OfflineStore, path: string): string | undefined {
  const { fileSystem } = store.platform;
  if (!fileSystem.existsSync(path)) return undefined;
  const text = fileSystem.readFileSync(path).toString('utf8');
  if (text.trim() === '') return 'is empty';
  try {
    parseFastjson(text);
    return undefined;
  } catch (error) {
    return `cannot be read: ${(error as Error).message}`;
  }
}

function brokenMarks(store: OfflineStore, lastTimestamp: number): BrokenFile[] {
  const { fileSystem } = store.platform;
  const broken: BrokenFile[] = [];
  const { paths, checkpoint } = store;
  const bytes = fileSystem.statSync(paths.checkpoint)?.sizeBytes;
  const latest = Math.max(store.platform.clock.now(), lastTimestamp) + DAY_MS;
  const times = [checkpoint.physicMsgTimestamp, checkpoint.logicsMsgTimestamp, checkpoint.indexMsgTimestamp];
  const what =
    bytes !== undefined && bytes < 24
      ? `has ${bytes} bytes`
      : times.some((time) => time < 0 || time > latest)
        ? 'states times that cannot be'
        : undefined;
  if (what !== undefined) broken.push({ file: paths.checkpoint, what, hasBackup: false });
  for (const name of fileSystem.readdirSync(paths.index)) {
    if (!/^\d{17}$/.test(name)) continue;
    const problem = indexProblem(store, `${paths.index}/${name}`);
    if (problem !== undefined)
      broken.push({ file: `${paths.index}/${name}`, what: problem, hasBackup: false });
  }
  return broken;
}

/** What cannot be in the header of an index file. */
function indexProblem(store: OfflineStore, path: string): string | undefined {
  const file = store.platform.fileSystem.openSync(path, 'read');
  try {
    const head = Buffer.alloc(40);
    if (file.readSync(head, 0, 40, 0) < 40) return 'is too short';
    const [begin, end, beginOffset, endOffset] = [0, 8, 16, 24].map((at) =>
      Number(head.readBigInt64BE(at)),
    ) as [number, number, number, number];
    const count = head.readInt32BE(36);
    // Ours writes the header when the file is complete; after a kill the next start builds it anew.
    if (count <= 1 && store.abnormal) return undefined;
    if (begin < 0 || end < begin || beginOffset < 0 || endOffset < beginOffset || count < 0)
      return 'has a header that contradicts itself';
    return endOffset > store.files.endOffset ? `speaks of offset ${endOffset}, behind the log` : undefined;
  } finally {
    file.closeSync();
  }
}
