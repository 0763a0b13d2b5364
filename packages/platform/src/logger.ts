/**
 * Where a program tells its operator what happened, as a seam: a rotated file in production, an array in tests.
 *
 * Nothing per message is logged: a logger may block for a write.
 */
export type LogFields = Readonly<Record<string, unknown>>;

export interface Logger {
  info(message: string, fields?: LogFields): void;
  /** Something an operator should look at; the program goes on as it should. */
  warn(message: string, fields?: LogFields): void;
  /** Something is broken. Pass what was thrown as `error`. */
  error(message: string, fields?: LogFields): void;
}

/** Drops everything: for tests and for callers that give no logger. */
export const silentLogger: Logger = {
  info() {},
  warn() {},
  error() {},
};
