/** A sample of `npm run soak kill-broker`: no acknowledged message is lost when the broker is killed during sends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { killRound } from './harness/kill-round.ts';

for (const seed of [1, 2]) {
  test(`kill -9 during sends by the official client, seed ${seed}`, { timeout: 600_000 }, async (t) => {
    const result = await killRound(seed, 1);
    assert.ok(result.stored >= result.acknowledged);
    t.diagnostic(JSON.stringify(result));
  });
}
