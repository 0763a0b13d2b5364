/** Selectors choose what Java's choose for the same argument. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MessageQueue, selectMessageQueueByHash, selectMessageQueueByRandom } from '@rocketmq-ts/client';
import { SimRandom } from '@rocketmq-ts/platform/sim';

const queues = Array.from({ length: 7 }, (_, id) => new MessageQueue('T', 'b', id));
const message = { topic: 'T', body: 'x' };
const random = new SimRandom(1);

/** As the official SelectMessageQueueByHash chooses of seven queues; it throws for the fourth, whose hash has no absolute value. */
const byHash: [unknown, number][] = [
  ['order-1', 6],
  ['', 0],
  ['TagA', 1],
  ['polygenelubricants', 2],
  [10, 3],
  [-10, 3],
  [123456789012, 5],
  [true, 6],
];

for (const [arg, index] of byHash) {
  test(`by hash of ${JSON.stringify(arg)}`, () => {
    assert.equal(selectMessageQueueByHash(queues, message, arg, random), queues[index]);
  });
}

test('by random reaches every queue', () => {
  const reached = new Set<number | undefined>();
  for (let i = 0; i < 300; i++)
    reached.add(selectMessageQueueByRandom(queues, message, undefined, random)?.queueId);
  assert.equal(reached.size, queues.length);
});
