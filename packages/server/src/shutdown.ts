/**
 * `mqshutdown broker|namesrv`: asks the processes that this installation started to stop, and waits for them.
 *
 * Says what 4.4.0's script says. That one ends every broker of the machine; this one ends those of its own
 * ROCKETMQ_HOME and names the others.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ExitCode } from './process/exit-code.ts';
import type { DaemonKind, PidFiles, PidRecord } from './process/pid-file.ts';

export interface ShutdownOptions {
  readonly pidFiles: PidFiles;
  readonly rocketmqHome: string;
  readonly print: (line: string) => void;
  readonly waitLimitMs?: number;
}

const POLL_MS = 25;

export async function shutdown(kind: string | undefined, options: ShutdownOptions): Promise<ExitCode> {
  if (kind !== 'broker' && kind !== 'namesrv') {
    options.print('Useage: mqshutdown broker | namesrv');
    return ExitCode.USAGE;
  }
  const program = `mq${kind}`;
  const running = options.pidFiles.living(kind);
  const own = running.filter((record) => record.rocketmqHome === options.rocketmqHome);
  if (own.length === 0) {
    options.print(`No ${program} running.`);
    for (const line of otherLines(kind, running, options)) options.print(line);
    return ExitCode.NOT_RUNNING;
  }
  const pids = own.map((record) => record.pid).join(' ');
  options.print(`The ${program}(${pids}) is running...`);
  for (const { pid } of own) terminate(pid);
  options.print(`Send shutdown request to ${program}(${pids}) OK`);
  return await waitUntilGone(program, own, options);
}

async function waitUntilGone(
  program: string,
  records: PidRecord[],
  options: ShutdownOptions,
): Promise<ExitCode> {
  const limitMs = options.waitLimitMs ?? 65_000;
  for (let waitedMs = 0; waitedMs < limitMs; waitedMs += POLL_MS) {
    if (!records.some((record) => options.pidFiles.isAlive(record))) {
      options.print(`The ${program}(${records.map((record) => record.pid).join(' ')}) has stopped.`);
      return ExitCode.OK;
    }
    await sleep(POLL_MS);
  }
  const left = records.filter((record) => options.pidFiles.isAlive(record)).map((record) => record.pid);
  options.print(`The ${program}(${left.join(' ')}) still runs after ${limitMs / 1000} s; its log says why.`);
  return ExitCode.FAILED;
}

function otherLines(kind: DaemonKind, running: PidRecord[], options: ShutdownOptions): string[] {
  const lines = running.map(
    ({ pid, rocketmqHome }) => `The mq${kind}(${pid}) of ${rocketmqHome} is left alone: stop it from there.`,
  );
  for (const { pid, rocketmqHome } of options.pidFiles.living('server')) {
    if (rocketmqHome !== options.rocketmqHome) continue;
    lines.push(`The server that npm start runs (${pid}) is left alone: stop it with Ctrl-C, or kill ${pid}.`);
  }
  return lines;
}

function terminate(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error; // ended by itself
  }
}
