/** Owns the view of the machine's processes: `/proc` on Linux; elsewhere signal 0 tells life without a start time. */
import { readFileSync } from 'node:fs';
import type { ProcessTable } from '../process-table.ts';

export const realProcessTable: ProcessTable = {
  ownPid: process.pid,

  startOf(pid: number): string | undefined {
    if (!isAlive(pid)) return undefined;
    let stat: string;
    try {
      stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    } catch {
      return '';
    }
    // The second field is the command in parentheses and may hold anything: count from the last parenthesis.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const state = fields[0];
    if (state === 'Z' || state === 'X') return undefined;
    return fields[19] ?? '';
  },
};

function isAlive(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
