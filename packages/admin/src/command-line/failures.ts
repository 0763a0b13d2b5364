/**
 * Keeps what failed while a command goes on with the rest, and makes one error of it at the end: the exit code tells that
 * not all was done, the message where.
 */
import { ResponseCode } from '@rocketmq-ts/protocol';
import { AdminAnswerError, AdminError, describeError, isDenied } from '../admin-error.ts';

const SHOWN = 5;

export class Failures {
  readonly #errors: unknown[] = [];
  #attempts = 0;

  /** What it comes to, or undefined when it failed. */
  async attempt<T>(act: () => Promise<T>): Promise<T | undefined> {
    this.#attempts++;
    try {
      return await act();
    } catch (error) {
      this.#errors.push(error);
      return undefined;
    }
  }

  /** As `attempt`, also undefined when what was asked for is not there, which is no failure. */
  async find<T>(ask: () => Promise<T>): Promise<T | undefined> {
    return this.attempt(async () => {
      try {
        return await ask();
      } catch (error) {
        if (isAbsent(error)) return undefined;
        throw error;
      }
    });
  }

  get last(): unknown {
    return this.#errors.at(-1);
  }

  get count(): number {
    return this.#errors.length;
  }

  /** Throws the only attempt's error, or ADMIN_PARTLY_FAILED; `things` are what was gone through. */
  rethrow(things: string): void {
    const [first] = this.#errors;
    if (this.#errors.length === 0) return;
    if (this.#attempts === 1) throw first;
    const texts = [...new Set(this.#errors.map(describeError))];
    const more = texts.length > SHOWN ? `; and ${texts.length - SHOWN} more` : '';
    const text = `${this.#errors.length} of ${this.#attempts} ${things} failed: ${texts.slice(0, SHOWN).join('; ')}${more}`;
    throw new AdminError('ADMIN_PARTLY_FAILED', text, first);
  }
}

/** Whether a server said, or it was found, that there is no such thing: nobody online, nothing consumed yet, no figure. */
export function isAbsent(error: unknown): boolean {
  if (error instanceof AdminError) return error.code === 'ADMIN_NOT_FOUND';
  if (!(error instanceof AdminAnswerError)) return false;
  return !isDenied(error) && error.responseCode !== ResponseCode.SYSTEM_BUSY;
}
