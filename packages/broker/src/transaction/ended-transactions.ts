/**
 * Remembers which transactions ended lately, so that one is not ended twice: a producer's answer may come after the broker
 * has asked again, and then two half messages stand for one transaction. 4.4.0 delivers such a message twice.
 *
 * Bounded: the oldest are forgotten. Lost at a restart, after which a double delivery is possible as with 4.4.0.
 */
const CAPACITY = 50_000;

export class EndedTransactions {
  readonly #keys = new Set<string>();

  /** False when the transaction has ended before. */
  add(producerGroup: string, uniqKey: string): boolean {
    const key = `${producerGroup}@${uniqKey}`;
    if (this.#keys.has(key)) return false;
    this.#keys.add(key);
    if (this.#keys.size > CAPACITY) this.#keys.delete(this.#keys.values().next().value as string);
    return true;
  }

  /** What ended it was lost to a failed write: it has not ended. */
  forget(producerGroup: string, uniqKey: string): void {
    this.#keys.delete(`${producerGroup}@${uniqKey}`);
  }

  has(producerGroup: string, uniqKey: string): boolean {
    return this.#keys.has(`${producerGroup}@${uniqKey}`);
  }
}
