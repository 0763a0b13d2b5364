/** A sample of `npm run soak rebalance`, concurrent and in order. */
import { test } from 'node:test';
import { rebalanceRound } from '../interop/harness/rebalance-round.ts';

for (const seed of [1, 2]) {
  test(`members come and go for six seconds, seed ${seed}`, { timeout: 600_000 }, async (t) => {
    t.diagnostic(JSON.stringify(await rebalanceRound(seed, 6)));
  });
}
