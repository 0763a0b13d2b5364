/** CPU time and memory of a process, from /proc (Linux). */
import { readFileSync } from 'node:fs';

/** USER_HZ, which is 100 on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;
const MIB_IN_KB = 1024;

/** utime and stime, all threads, also those that have ended. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

export interface MemoryMib {
  /** Resident, with mapped files. */
  readonly resident: number;
  /** Resident and the process's own: heaps and buffers, without mapped files. */
  readonly anonymous: number;
}

export function memoryMib(pid: number): MemoryMib {
  const status = readFileSync(`/proc/${pid}/status`, 'latin1');
  const field = (name: string) =>
    Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1] ?? 0) / MIB_IN_KB;
  return { resident: field('VmRSS'), anonymous: field('RssAnon') };
}

/** The program behind a shell script, should the script not have replaced itself. */
export function commandOf(pid: number): string {
  return readFileSync(`/proc/${pid}/comm`, 'latin1').trim();
}
