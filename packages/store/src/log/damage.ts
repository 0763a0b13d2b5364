/**
 * Owns what the store found broken: kept in a bounded list, counted, and told to whoever listens.
 */
import type { Logger } from '@rocketmq-ts/platform';

export interface Damage {
  /** The file, as a path. */
  readonly file: string;
  /** Offset in the log, or unit of the queue. */
  readonly offset: number;
  /** Bytes of log that cannot be used; 0 when it is not about the log. */
  readonly sizeBytes: number;
  readonly what: string;
}

const MAX_KEPT = 1000;

export class DamageReport {
  readonly #logger: Logger;
  readonly #kept: Damage[] = [];
  readonly #seen = new Set<string>();
  #count = 0;
  onDamage: ((damage: Damage) => void) | undefined;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Different places found broken since the start, at most `MAX_KEPT` of them told apart. */
  get count(): number {
    return this.#count;
  }

  get list(): readonly Damage[] {
    return this.#kept;
  }

  add(damage: Damage): void {
    const key = `${damage.file}:${damage.offset}`;
    if (this.#seen.has(key)) return;
    this.#count++;
    if (this.#kept.length >= MAX_KEPT) return;
    this.#seen.add(key);
    this.#kept.push(damage);
    this.#logger.error('Damage found in the store', { ...damage });
    this.onDamage?.(damage);
  }
}
