/** What to tell a person, and which exit code to end with, when a command fails. */

import { ExitCode } from './exit-code.ts';
import { describePortOwner } from './port-owner.ts';

export interface Failure {
  readonly exitCode: ExitCode;
  /** One or more lines, without the program's name. */
  readonly text: string;
}

/** A wrong command line: the text says what was wrong and what is expected. */
export class UsageError extends Error {
  readonly code = 'USAGE';
  readonly retriable = false;

  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}

const EXIT_CODES = new Map<string, ExitCode>([
  ['USAGE', ExitCode.USAGE],
  ['BROKER_BAD_SETTING', ExitCode.USAGE],
  ['NAMESRV_CONFIG', ExitCode.USAGE],
  ['STORE_BAD_OPTION', ExitCode.USAGE],
  ['TLS_SETTING', ExitCode.USAGE],
  ['ACL_BAD_FILE', ExitCode.USAGE],
  ['TLS_FILE', ExitCode.USAGE],
  ['LOG_FILE', ExitCode.USAGE],
  ['STORE_LOCKED', ExitCode.STORE_IN_USE],
  ['STORE_DISK_FULL', ExitCode.STORE_FAILED],
  ['STORE_WRITE_FAILED', ExitCode.STORE_FAILED],
  ['STORE_SYNC_FAILED', ExitCode.STORE_FAILED],
  ['STORE_DISK_FAILED', ExitCode.STORE_FAILED],
  ['STORE_DAMAGED', ExitCode.STORE_FAILED],
  ['BROKER_STATE_DAMAGED', ExitCode.STORE_FAILED],
]);

export function describeFailure(error: unknown): Failure {
  const chain = causes(error);
  const taken = chain.find((each) => each.code === 'EADDRINUSE');
  if (taken !== undefined) {
    const port = (taken as NodeJS.ErrnoException & { port?: number }).port;
    const text = describeBusyPort(port, chain[0]?.message ?? taken.message);
    return { exitCode: ExitCode.PORT_IN_USE, text };
  }
  for (const each of chain) {
    const exitCode = EXIT_CODES.get(each.code ?? '');
    if (exitCode !== undefined) return { exitCode, text: chain[0]?.message ?? each.message };
  }
  const first = chain[0];
  return { exitCode: ExitCode.FAILED, text: first?.stack ?? String(error) };
}

function describeBusyPort(port: number | undefined, message: string): string {
  return port === undefined ? message : `port ${port} is taken by ${describePortOwner(port)}.\n${message}`;
}

/** The error, its cause, that one's cause, … */
function causes(error: unknown): (Error & { code?: string })[] {
  const chain: (Error & { code?: string })[] = [];
  for (let next = error; next instanceof Error && chain.length < 10; next = next.cause) chain.push(next);
  return chain;
}
