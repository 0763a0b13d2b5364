/** Every acknowledged message is counted in the broker afterwards: a figure without its messages is none. */
import { maxOffsets } from './load/drain-load.ts';
import type { Subject } from './subject.ts';

export class MessageCount {
  readonly #acknowledged = new Map<string, { subject: Subject; topic: string; count: number }>();

  add(subject: Subject, topic: string, count: number): void {
    const key = `${subject.name} ${topic}`;
    const before = this.#acknowledged.get(key)?.count ?? 0;
    this.#acknowledged.set(key, { subject, topic, count: before + count });
  }

  async check(): Promise<void> {
    for (const { subject, topic, count } of this.#acknowledged.values()) {
      const stored = (await maxOffsets(subject.port, topic)).reduce((sum, offset) => sum + offset, 0);
      if (stored !== count)
        throw new Error(
          `${subject.name}: ${count} messages of ${topic} were acknowledged, ${stored} are there`,
        );
    }
  }
}
