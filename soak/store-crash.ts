/** Lives of a store on a simulated disk, 500 seeds a round; needs Node alone. One process, no real disk. */
import { liveFromSeed } from '#store-test/random-life';
import type { Campaign } from './campaign.ts';

const SEEDS_A_ROUND = 500;

export const campaign: Campaign = {
  description:
    '500 seeds: kills, power cuts, failed syncs; SYNC_FLUSH loses nothing, ASYNC_FLUSH at most the documented window',
  rounds: 20,
  sampleRounds: 1,
  async run(round, { log, signal }) {
    const first = (round - 1) * SEEDS_A_ROUND + 1;
    const totals = new Map<string, number>();
    const startedMs = Date.now();
    for (let seed = first; seed < first + SEEDS_A_ROUND; seed++) {
      if (signal.aborted) throw signal.reason;
      const { mode, ...counts } = await liveFromSeed(seed).catch((error: Error) => {
        throw new Error(`seed ${seed}: ${error.message}`, { cause: error });
      });
      const prefix = mode === 'SYNC_FLUSH' ? 'sync' : 'async';
      for (const [name, count] of Object.entries({ seeds: 1, ...counts })) {
        const key = prefix + (name[0] as string).toUpperCase() + name.slice(1);
        totals.set(key, (totals.get(key) ?? 0) + count);
      }
    }
    const seedsPerHour = Math.round((SEEDS_A_ROUND * 3_600_000) / (Date.now() - startedMs));
    log(`seeds ${first} to ${first + SEEDS_A_ROUND - 1}: ${seedsPerHour} an hour`);
    return { firstSeed: first, seedsPerHour, ...Object.fromEntries(totals) };
  },
};
