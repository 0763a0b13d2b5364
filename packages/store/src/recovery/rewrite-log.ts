/**
 * Owns writing a part of the log once more, as it is read now: the next sync then covers it, whatever the system has made of
 * earlier ones. After a failed sync Linux counts pages as written that are not, until somebody writes them.
 */
import type { LogFiles } from '../log/log-files.ts';

const PIECE_BYTES = 1024 * 1024;

/** Writes the log from `from` to before `end` again; files that are missing are passed over. */
export async function rewriteLog(files: LogFiles, from: number, end: number): Promise<void> {
  const bytes = Buffer.allocUnsafe(Math.min(PIECE_BYTES, Math.max(0, end - from)));
  for (let at = from; at < end; ) {
    const base = files.baseOf(at);
    const length = Math.min(bytes.length, base + files.fileBytes - at, end - at);
    if (files.has(base)) {
      const count = await files.read(at, bytes, 0, length);
      files.writeSync(files.open(base), bytes, 0, count, at);
    }
    at += length;
  }
}
