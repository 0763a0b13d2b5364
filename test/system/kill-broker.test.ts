/** A sample of `npm run soak kill-broker-lean`, for both ways of flushing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { leanKillRound } from '../interop/harness/lean-kill-round.ts';

for (const seed of [1, 2]) {
  test(`kill -9 three times with 128 sends in flight, seed ${seed}`, { timeout: 600_000 }, async (t) => {
    const result = await leanKillRound(seed);
    assert.ok(result.stored >= result.acknowledged);
    t.diagnostic(JSON.stringify(result));
  });
}
