/**
 * Which name servers and brokers our commands have started: one file per process in `~/.rocketmq-ts/run`, so that
 * `mqshutdown` stops those and no others.
 *
 * Invariant: a record names a process by pid and start time, because pids are reused; a record whose process is gone
 * counts for nothing and is removed when met.
 */
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolder, type ProcessTable, realProcessTable } from '@rocketmq-ts/platform';

/** What a process runs; `server` is both in one. */
export type DaemonKind = 'namesrv' | 'broker' | 'server';

export interface PidRecord {
  readonly kind: DaemonKind;
  readonly pid: number;
  /** From `ProcessTable.startOf`. */
  readonly start: string;
  /** The installation that started it. */
  readonly rocketmqHome: string;
  readonly listenPort: number;
}

export class PidFiles {
  readonly #folder: string;
  readonly #processes: ProcessTable;

  constructor(homeFolder: string, processes: ProcessTable = realProcessTable) {
    this.#folder = path.join(homeFolder, '.rocketmq-ts', 'run');
    this.#processes = processes;
  }

  /** Records this process; answers how to take the record back. */
  add(kind: DaemonKind, rocketmqHome: string, listenPort: number): () => void {
    const pid = this.#processes.ownPid;
    const start = this.#processes.startOf(pid) ?? '';
    const record: PidRecord = { kind, pid, start, rocketmqHome, listenPort };
    const file = path.join(this.#folder, `${kind}-${pid}.json`);
    makeFolder(this.#folder);
    writeFileSync(file, `${JSON.stringify(record)}\n`);
    return () => rmSync(file, { force: true });
  }

  /** Living processes of the kind, whoever's installation they are of. */
  living(kind: DaemonKind): PidRecord[] {
    const living: PidRecord[] = [];
    for (const name of this.#names()) {
      if (!name.startsWith(`${kind}-`) || !name.endsWith('.json')) continue;
      const file = path.join(this.#folder, name);
      const record = read(file);
      if (record === undefined) continue;
      if (this.isAlive(record)) living.push(record);
      else rmSync(file, { force: true });
    }
    return living;
  }

  isAlive(record: PidRecord): boolean {
    return this.#processes.startOf(record.pid) === record.start;
  }

  #names(): string[] {
    try {
      return readdirSync(this.#folder).sort();
    } catch {
      return []; // nothing has been started yet
    }
  }
}

function read(file: string): PidRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(file, 'utf8'));
    return Number.isSafeInteger(record.pid) ? record : undefined;
  } catch {
    return undefined; // being written, or not ours
  }
}
