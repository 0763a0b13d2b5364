/** The fake store with what administrators ask of a store. */
import { RecordOffset } from '@rocketmq-ts/protocol';
import type { TopicKey } from '@rocketmq-ts/store';
import { type FakeQueue, FakeStore } from './fake-store.ts';

export class ControlStore extends FakeStore {
  /** What was asked of the store, in order. */
  readonly calls: string[] = [];
  onDisk = false;
  unused: string[] = [];
  readonly #keys = new Map<string, TopicKey>();

  override topic(name: string): TopicKey {
    const key = super.topic(name);
    this.#keys.set(name, key);
    return key;
  }

  findTopic(name: string): TopicKey | undefined {
    return this.#keys.get(name);
  }

  async isOnDisk(): Promise<boolean> {
    return this.onDisk;
  }

  #recordOf(topic: string, queueId: number, offset: number): Buffer | undefined {
    return (this.findQueue(topic, queueId) as unknown as FakeQueue | undefined)?.records[offset]?.bytes;
  }

  async storeTimestampOf(topic: string, queueId: number, offset: number): Promise<number> {
    const record = this.#recordOf(topic, queueId, offset);
    return record === undefined ? -1 : Number(record.readBigInt64BE(RecordOffset.storeTimestamp));
  }

  async physicalOffsetOf(topic: string, queueId: number, offset: number): Promise<number | undefined> {
    const record = this.#recordOf(topic, queueId, offset);
    return record === undefined ? undefined : Number(record.readBigInt64BE(RecordOffset.physicalOffset));
  }

  async earliestStoreTime(): Promise<number> {
    return -1;
  }

  async deleteTopic(topic: string): Promise<void> {
    this.calls.push(`deleteTopic ${topic}`);
  }

  async cleanUnusedTopics(): Promise<string[]> {
    this.calls.push('cleanUnusedTopics');
    return this.unused;
  }

  async cleanExpiredConsumeQueue(): Promise<void> {
    this.calls.push('cleanExpiredConsumeQueue');
  }

  runtimeInfo(): Map<string, string> {
    return new Map([['commitLogMaxOffset', '0']]);
  }

  counters() {
    const appendedBytes = this.appended.length * 100;
    return { appendedCount: this.appended.length, appendedBytes, writeCount: 0, syncCount: 0 };
  }

  memoryUse() {
    return { windowBytes: 1, pinnedBytes: 2, coldBytes: 3 };
  }

  reconfigure(settings: object): void {
    this.calls.push(`reconfigure ${JSON.stringify(settings)}`);
  }
}
