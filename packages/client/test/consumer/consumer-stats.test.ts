/** Rates over the last minute, sampled every ten seconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { ConsumerStats } from '../../src/consumer/consumer-stats.ts';

test('rates and mean times of the last minute; failures of the last hour', async () => {
  const clock = new SimClock();
  const stats = new ConsumerStats(clock);
  assert.equal(stats.status('T').consumeOKTPS, 0);
  for (let i = 0; i < 120; i++) {
    stats.pulled('T', 10, 4);
    stats.consumed('T', 9, 1, 2);
    await clock.advance(1000);
  }
  const status = stats.status('T');
  assert.ok(Math.abs(status.pullTPS - 10) < 0.5, String(status.pullTPS));
  assert.ok(Math.abs(status.consumeOKTPS - 9) < 0.5);
  assert.ok(Math.abs(status.consumeFailedTPS - 1) < 0.1);
  assert.deepEqual([status.pullRT, status.consumeRT, status.consumeFailedMsgs], [4, 2, 120]);
  await clock.advance(120_000);
  assert.equal(stats.status('T').consumeOKTPS, 0);
  assert.equal(stats.status('T').consumeFailedMsgs, 120);
  await clock.advance(3_600_000);
  assert.equal(stats.status('T').consumeFailedMsgs, 0);
  stats.stop();
  assert.equal(clock.pendingCount, 0);
});
