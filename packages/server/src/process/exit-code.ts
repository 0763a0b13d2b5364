/** Exit codes of the commands, so that a supervisor can tell what to do. Listed in docs/running.md too. */
export const ExitCode = {
  /** Clean stop. */
  OK: 0,
  /** Something unforeseen; the log and standard error say what. Starting again may help. */
  FAILED: 1,
  /** The command line or the configuration is wrong: starting again does not help. */
  USAGE: 2,
  /** A port is taken. */
  PORT_IN_USE: 3,
  /** The store folder belongs to a living process. */
  STORE_IN_USE: 4,
  /** The disk failed a sync or a write: what was not durable has not been acknowledged. Look at the disk first. */
  STORE_FAILED: 74,
  /** `mqshutdown`: nothing to stop, as 4.4.0's script says it. */
  NOT_RUNNING: 255,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];
