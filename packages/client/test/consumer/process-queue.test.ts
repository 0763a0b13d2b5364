/** The process queue against a plain model of it, and its orderly half. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CachedMessage,
  ProcessQueue,
  pullMaxIdleMs,
  rebalanceLockMaxLiveMs,
} from '../../src/consumer/process-queue.ts';
import { MessageQueue } from '../../src/message/message-queue.ts';
import { ReceivedMessage } from '../../src/message/received-message.ts';

function message(queueOffset: number, bodyBytes = 10): ReceivedMessage {
  return new ReceivedMessage(
    {
      topic: 'T',
      flag: 0,
      properties: new Map(),
      body: Buffer.alloc(bodyBytes),
      queueId: 0,
      storeSize: 100,
      queueOffset,
      sysFlag: 0,
      bornTimestamp: 0,
      bornHost: '1.1.1.1:1',
      storeTimestamp: 0,
      storeHost: '1.1.1.1:1',
      msgId: `id${queueOffset}`,
      offsetMsgId: '',
      commitLogOffset: 0,
      bodyCRC: 0,
      reconsumeTimes: 0,
      preparedTransactionOffset: 0,
    },
    'broker-a',
  );
}

function newQueue(): ProcessQueue {
  return new ProcessQueue(new MessageQueue('T', 'broker-a', 0), 0);
}

test('the committed offset is the first that is not done with, whatever the order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 1, maxLength: 60 }),
      fc.infiniteStream(fc.nat()),
      (gaps, choices) => {
        const queue = newQueue();
        const model = new Map<number, CachedMessage>();
        let offset = 100;
        let last = -1;
        const pending = gaps.map((gap) => {
          offset += gap;
          return offset;
        });
        let next = 0;
        while (next < pending.length || model.size > 0) {
          const choice = choices.next().value;
          if (next < pending.length && (choice % 2 === 0 || model.size === 0)) {
            const batch = pending.slice(next, next + 1 + (choice % 4));
            next += batch.length;
            last = batch[batch.length - 1] as number;
            for (const entry of queue.put(batch.map((each) => message(each)))) model.set(entry.offset, entry);
          } else {
            const keys = [...model.keys()];
            const key = keys[choice % keys.length] as number;
            const entry = model.get(key) as CachedMessage;
            model.delete(key);
            const expected = model.size === 0 ? last + 1 : Math.min(...model.keys());
            assert.equal(queue.remove([entry], 1), expected);
          }
          assert.equal(queue.msgCount, model.size);
          assert.equal(queue.msgSizeBytes, model.size * 10);
          assert.equal(queue.maxSpan, model.size === 0 ? 0 : last - Math.min(...model.keys()));
        }
        assert.equal(queue.remove([new CachedMessage(message(1))], 1), -1, 'nothing is cached');
      },
    ),
  );
});

test('an offset that is cached is not cached again; a lower one goes in its place', () => {
  const queue = newQueue();
  const [five, seven] = queue.put([message(5), message(7)]);
  assert.equal(queue.put([message(5), message(7)]).length, 0);
  assert.equal(queue.msgCount, 2);
  const [three, six] = queue.put([message(3), message(6)]);
  assert.equal(queue.minOffset, 3);
  assert.equal(queue.remove([five, seven] as CachedMessage[], 1), 3);
  assert.equal(queue.remove([three] as CachedMessage[], 1), 6);
  assert.equal(queue.remove([six] as CachedMessage[], 1), 8);
});

test('orderly: taken messages are committed together or put back', () => {
  const queue = newQueue();
  queue.put([1, 2, 3, 4, 5].map((offset) => message(offset)));
  const offsets = (count: number): number[] => queue.take(count, 1).map((entry) => entry.offset);
  assert.deepEqual(offsets(2), [1, 2]);
  assert.deepEqual(offsets(1), [3]);
  assert.deepEqual([queue.consumingCount, queue.consumingMinOffset, queue.consumingMaxOffset], [3, 1, 3]);
  queue.putBack(1);
  assert.deepEqual(offsets(1), [3]);
  assert.equal(queue.commit(), 4);
  assert.equal(queue.commit(), -1);
  assert.equal(queue.msgCount, 2);
  assert.deepEqual(offsets(10), [4, 5]);
  queue.rollback();
  assert.equal(queue.hasWaiting, true);
  assert.deepEqual(offsets(10), [4, 5]);
  assert.equal(queue.commit(), 6);
  assert.equal(queue.isEmpty, true);
});

test('room is told of as messages go, and what is cleared is done with', () => {
  const queue = newQueue();
  let told = 0;
  const entries = queue.put([message(1), message(2)]);
  queue.onRoom = () => told++;
  queue.remove(entries.slice(0, 1), 5);
  assert.equal(told, 1);
  assert.equal(queue.lastConsumeMs, 5);
  queue.clear();
  assert.equal(queue.msgCount, 0);
  assert.equal(entries[1]?.done, true);
  assert.equal(queue.remove(entries, 6), -1);
});

test('locks and pulls expire', () => {
  const queue = newQueue();
  assert.equal(queue.isLockExpired(rebalanceLockMaxLiveMs), false);
  assert.equal(queue.isLockExpired(rebalanceLockMaxLiveMs + 1), true);
  assert.equal(queue.isPullExpired(pullMaxIdleMs + 1), true);
  queue.pullWaits = true;
  assert.equal(queue.isPullExpired(pullMaxIdleMs + 1), false, 'waiting for room is not forgetting to pull');
});

test('many messages do not make it slow', () => {
  const queue = newQueue();
  let entries: CachedMessage[] = [];
  for (let i = 0; i < 200_000; i += 100) {
    entries.push(...queue.put(Array.from({ length: 100 }, (_, k) => message(i + k))));
    if (entries.length > 5000) {
      queue.remove(entries.slice(0, 4900), 1);
      entries = entries.slice(4900);
    }
  }
  assert.equal(queue.msgCount, entries.length);
});
