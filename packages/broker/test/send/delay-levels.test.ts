import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DelayLevels } from '../../src/send/delay-levels.ts';

test('the levels of 4.4.0', () => {
  const levels = DelayLevels.parse('1s 5s 10s 30s 1m 2m 3m 4m 5m 6m 7m 8m 9m 10m 20m 30m 1h 2h');
  assert.equal(levels.count, 18);
  assert.equal(levels.delayMs(1), 1000);
  assert.equal(levels.delayMs(5), 60_000);
  assert.equal(levels.delayMs(18), 7_200_000);
  assert.equal(DelayLevels.parse(' 2d  3s ').delayMs(1), 172_800_000);
});

test('an item that is no delay is named', () => {
  for (const text of ['1s 5', '1s x', 's', '1w', '1.5s', '-1s', '']) {
    assert.throws(() => DelayLevels.parse(text), { name: 'BrokerError', code: 'BROKER_BAD_SETTING' }, text);
  }
  assert.throws(() => DelayLevels.parse('1s 5q'), /"5q"/);
});
