/** Keeps what was logged, for tests. */
import type { LogFields, Logger } from '@rocketmq-ts/platform';

export class RecordingLogger implements Logger {
  readonly lines: { level: 'info' | 'warn' | 'error'; message: string; fields: LogFields | undefined }[] = [];

  info(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'info', message, fields });
  }

  warn(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'warn', message, fields });
  }

  error(message: string, fields?: LogFields): void {
    this.lines.push({ level: 'error', message, fields });
  }

  /** Messages of warnings and errors. */
  complaints(): string[] {
    return this.lines.filter((line) => line.level !== 'info').map((line) => line.message);
  }
}
