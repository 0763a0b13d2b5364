/**
 * The logger of a client that was given none: warnings and errors as lines on standard error, so that a failed
 * listener or a lost broker is never silent. What is merely informative is dropped.
 */
import type { LogFields, Logger } from '@rocketmq-ts/platform';

export const stderrLogger: Logger = {
  info() {},
  warn(message, fields) {
    write('WARN', message, fields);
  },
  error(message, fields) {
    write('ERROR', message, fields);
  },
};

function write(level: string, message: string, fields: LogFields | undefined): void {
  let line = `rocketmq-client ${level} ${message}`;
  for (const [name, value] of Object.entries(fields ?? {})) {
    line += ` ${name}=${value instanceof Error ? (value.stack ?? value.message) : String(value)}`;
  }
  process.stderr.write(`${line}\n`);
}
