/**
 * The life of a command that serves until it is told to stop: start, say so, wait for SIGTERM or SIGINT, stop, end.
 *
 * Invariants: the boot line is printed once the ports accept; a stop that hangs ends the process after `STOP_LIMIT_MS`
 * with FAILED; after an error that nobody caught nothing is stopped in good order, so that the store's abort file stays
 * and the next start recovers.
 */
import type { FileLogger } from '../log/file-logger.ts';
import { homeFolder, rocketmqHome } from './environment.ts';
import { ExitCode } from './exit-code.ts';
import { describeFailure } from './failure.ts';
import { stopWithNpx } from './npx-parent.ts';
import { type DaemonKind, PidFiles } from './pid-file.ts';

export interface Daemon {
  readonly listenPort: number;
  /** Printed and logged when it is ready. */
  readonly bootLines: readonly string[];
  stop(): Promise<void>;
}

export interface DaemonOptions {
  readonly kind: DaemonKind;
  /** The program's name in messages. */
  readonly program: string;
  readonly log: FileLogger;
  /** `fail` ends the process later, for what the daemon cannot survive. */
  start(fail: (error: unknown, exitCode?: ExitCode) => void): Promise<Daemon>;
}

const STOP_LIMIT_MS = 60_000;
const SAME_SIGNAL_MS = 500;

/** A daemon that runs. */
export interface RunningDaemon {
  /** True once it was told to stop. */
  readonly stopping: boolean;
}

/** Resolves when the daemon is ready; the process ends when it is told to. */
export async function runDaemon(options: DaemonOptions): Promise<RunningDaemon> {
  const { log, program } = options;
  const fail = (error: unknown, exitCode?: ExitCode): never => endWith(program, log, error, exitCode);
  process.on('uncaughtException', (error) => fail(error));
  process.on('unhandledRejection', (error) => fail(error));
  let daemon: Daemon | undefined;
  let asked = false;
  let askedMs = 0;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked) {
      // A terminal's Ctrl-C may come twice, from the terminal and passed on by npm; later ones mean: at once.
      if (performance.now() - askedMs < SAME_SIGNAL_MS) return;
      process.exit(signal === 'SIGINT' ? 130 : 143);
    }
    asked = true;
    askedMs = performance.now();
    log.info(`${program} got ${signal} and stops`);
    if (daemon !== undefined) void stopAndExit(program, log, daemon);
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);
  stopWithNpx(program, () => stop('SIGTERM'));
  try {
    daemon = await options.start(fail);
  } catch (error) {
    return fail(error);
  }
  const removePidFile = new PidFiles(homeFolder()).add(options.kind, rocketmqHome(), daemon.listenPort);
  process.once('exit', removePidFile);
  for (const line of daemon.bootLines) {
    console.log(line);
    log.info(line, { pid: process.pid });
  }
  log.open();
  if (asked) await stopAndExit(program, log, daemon);
  return {
    get stopping() {
      return asked;
    },
  };
}

async function stopAndExit(program: string, log: FileLogger, daemon: Daemon): Promise<void> {
  const limit = setTimeout(() => {
    endWith(program, log, new Error(`the stop took longer than ${STOP_LIMIT_MS / 1000} s and was given up`));
  }, STOP_LIMIT_MS);
  try {
    await daemon.stop();
  } catch (error) {
    endWith(program, log, error);
  }
  clearTimeout(limit);
  log.info(`${program} has stopped`);
  process.exit(ExitCode.OK);
}

/** Says why on standard error and in the log, and ends the process. */
export function endWith(
  program: string,
  log: FileLogger | undefined,
  error: unknown,
  exitCode?: ExitCode,
): never {
  const failure = describeFailure(error);
  console.error(`${program}: ${failure.text}`);
  log?.error(failure.text);
  process.exit(exitCode ?? failure.exitCode);
}
