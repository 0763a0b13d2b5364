/** Reads the queues of the broker's own topics, message by message, wherever their records are. */
import { decodeRecord, type MessageExt } from '@rocketmq-ts/protocol';
import { GetMessageStatus, GetResult, type MessageStore } from '@rocketmq-ts/store';

/** Messages asked for at once. */
const BATCH = 32;

export interface ReadBatch {
  readonly messages: readonly MessageExt[];
  /** Where to read on; behind a gap when messages have been cleaned away. */
  readonly nextOffset: number;
}

export class QueueReader {
  readonly #store: MessageStore;
  readonly #result = new GetResult();

  constructor(store: MessageStore) {
    this.#store = store;
  }

  /** Up to 32 messages from `offset`; none, and the same offset, at the end of the queue. */
  async read(topic: string, queueId: number, offset: number): Promise<ReadBatch> {
    const queue = this.#store.findQueue(topic, queueId);
    if (queue === undefined || offset >= queue.maxOffset) return { messages: [], nextOffset: offset };
    const result = this.#result;
    const pending = this.#store.getMessage(queue, offset, BATCH, undefined, result);
    if (pending !== true) await pending;
    const { status, nextBeginOffset } = result;
    const messages: MessageExt[] = [];
    for (let i = 0; i < result.spanCount; i++) {
      const buffer = result.spanBuffers[i] as Buffer;
      for (let at = result.spanStarts[i] as number; at < (result.spanEnds[i] as number); ) {
        const message = decodeRecord(buffer, at, { inflate: false });
        messages.push(copyBody(message));
        at += message.storeSize;
      }
    }
    result.dropSpans();
    const found = status === GetMessageStatus.FOUND;
    return { messages, nextOffset: found ? offset + messages.length : Math.max(nextBeginOffset, offset) };
  }
}

/** Log memory is reused; what is kept over a turn of the loop must be a copy. */
function copyBody(message: MessageExt): MessageExt {
  return { ...message, body: Buffer.from(message.body) };
}
