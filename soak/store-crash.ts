/** Lives of a store on a simulated disk, 500 seeds a round; needs Node alone. One process, no real disk. */
import { type LifeReport, liveFromSeed } from '#store-test/random-life';
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
    const failures: string[] = [];
    const startedMs = Date.now();
    for (let seed = first; seed < first + SEEDS_A_ROUND; seed++) {
      if (signal.aborted) throw signal.reason;
      let report: LifeReport;
      try {
        report = await liveFromSeed(seed);
      } catch (error) {
        failures.push(`seed ${seed}: ${(error as Error).message}`);
        continue;
      }
      const { mode, ...counts } = report;
      const prefix = mode === 'SYNC_FLUSH' ? 'sync' : 'async';
      for (const [name, count] of Object.entries({ seeds: 1, ...counts })) {
        const key = prefix + (name[0] as string).toUpperCase() + name.slice(1);
        totals.set(key, (totals.get(key) ?? 0) + count);
      }
    }
    if (failures.length > 0) throw new Error(failures.join('\n'));
    const seedsPerHour = Math.round((SEEDS_A_ROUND * 3_600_000) / (Date.now() - startedMs));
    log(`seeds ${first} to ${first + SEEDS_A_ROUND - 1}: ${seedsPerHour} an hour`);
    return { firstSeed: first, seedsPerHour, ...Object.fromEntries(totals) };
  },
};
