/** Owns showing the records of a store that no broker has open, from any place of the log on, broken ones too. */
import { silentLogger } from '@rocketmq-ts/platform';
import { decodeRecord, type MessageExt } from '@rocketmq-ts/protocol';
import { DamageReport } from '../log/damage.ts';
import { LogScanner } from '../recovery/log-scanner.ts';
import { OfflineChecksums, type OfflineStore } from './offline-store.ts';

export interface DumpedRecord {
  readonly physicalOffset: number;
  readonly sizeBytes: number;
  /** Undefined for a damaged part of the log. */
  readonly message: MessageExt | undefined;
  /** What is wrong with it. */
  readonly damage: string | undefined;
}

/**
 * Tells `visit` of records from `fromOffset` on, in order, until it answers false. An offset within a record begins with the next
 * one.
 */
export async function dumpStore(
  store: OfflineStore,
  fromOffset: number,
  visit: (record: DumpedRecord) => boolean,
): Promise<void> {
  const { files } = store;
  const damage = new DamageReport(silentLogger);
  const scanner = new LogScanner(files, damage, true, false, new OfflineChecksums(store));
  let going = true;
  damage.onDamage = ({ offset, sizeBytes, what }) => {
    if (going) going = visit({ physicalOffset: offset, sizeBytes, message: undefined, damage: what });
  };
  const start = Math.max(files.minOffset, files.baseOf(fromOffset));
  try {
    await scanner.scan(start, Number.MAX_SAFE_INTEGER, (buffer, at, size, physicalOffset) => {
      if (!going) throw STOP;
      if (physicalOffset < fromOffset) return;
      const message = decodeRecord(buffer, at);
      going = visit({ physicalOffset, sizeBytes: size, message, damage: undefined });
    });
  } catch (error) {
    if (error !== STOP) throw error;
  }
}

/** Ends a walk whose visitor has seen enough. */
const STOP = Symbol('enough');
