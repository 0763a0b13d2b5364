/**
 * Owns the question which checksums still speak of the records that are there, after another program may have written: it cuts
 * the log somewhere and goes on from there, so that from some entry on all of them differ.
 */
import type { LogFiles } from '../log/log-files.ts';
import { checkRecord } from '../log/record-check.ts';
import type { ChecksumTable } from './checksum-file.ts';
import { recordChecksum, viewOf } from './record-checksum.ts';

/** Records next to each other that must differ before they count as written by another program. */
const NEIGHBOURS = 3;

/** How many entries, from the first on, speak of records that are there. */
export function ownEntryCount(files: LogFiles, base: number, table: ChecksumTable): number {
  if (isOwnAround(files, base, table, table.count - 1)) return table.count;
  let low = 0;
  let high = table.count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isOwnAround(files, base, table, middle)) low = middle + 1;
    else high = middle;
  }
  // The neighbours that were looked at besides may be of the other program.
  while (low > 0 && !isOwn(files, base, table, low - 1)) low--;
  return low;
}

/** One damaged record does not make a program: of some before the place, one must be right. */
function isOwnAround(files: LogFiles, base: number, table: ChecksumTable, index: number): boolean {
  for (let near = index; near > index - NEIGHBOURS && near >= 0; near--)
    if (isOwn(files, base, table, near)) return true;
  return false;
}

function isOwn(files: LogFiles, base: number, table: ChecksumTable, index: number): boolean {
  const offset = base + table.offsetOf(index);
  const size = table.sizeOf(index);
  const room = base + files.fileBytes - offset;
  if (size <= 0 || size > room) return false;
  const bytes = Buffer.allocUnsafe(size);
  if (files.readSync(offset, bytes, 0, size) !== size) return false;
  if (checkRecord(bytes, 0, size, offset, room, true) !== size) return false;
  return recordChecksum(bytes, viewOf(bytes), 0, size) === table.checksumOf(index);
}
