import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { RebalanceLocks } from '../../src/lock/rebalance-locks.ts';
import { RecordingLogger } from '../support/recording-logger.ts';
import { testValues } from '../support/values.ts';

const queues = [0, 1].map((queueId) => ({ topic: 'T', brokerName: 'b', queueId }));

function setUp() {
  const clock = new SimClock();
  return { clock, locks: new RebalanceLocks(clock, testValues(), new RecordingLogger()) };
}

test('a queue goes to the first client of a group, other groups are not concerned', () => {
  const { locks } = setUp();
  assert.deepEqual(locks.lock('G', 'a', queues.slice(0, 1)), queues.slice(0, 1));
  assert.deepEqual(locks.lock('G', 'b', queues), queues.slice(1));
  assert.deepEqual(locks.lock('H', 'b', queues), queues);
  assert.deepEqual(locks.lock('G', 'a', queues), queues.slice(0, 1));
});

test('only who has a lock gives it back', () => {
  const { locks } = setUp();
  locks.lock('G', 'a', queues);
  locks.unlock('G', 'b', queues);
  assert.deepEqual(locks.lock('G', 'b', queues), []);
  locks.unlock('G', 'a', queues);
  assert.deepEqual(locks.lock('G', 'b', queues), queues);
});

test('a lock lives for a minute after it was renewed last', () => {
  const { locks, clock } = setUp();
  locks.lock('G', 'a', queues);
  clock.advanceSync(50_000);
  locks.lock('G', 'a', queues.slice(0, 1));
  clock.advanceSync(10_001);
  assert.deepEqual(locks.lock('G', 'b', queues), queues.slice(1));
  clock.advanceSync(60_001);
  locks.dropExpired();
  assert.deepEqual(locks.lock('G', 'c', queues), queues);
});
