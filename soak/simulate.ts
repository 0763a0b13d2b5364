/**
 * Seeds of the simulation: a whole cluster in one process, with faults of disk, network, clock and processes. Needs Node alone.
 *
 * A round is a hundred seeds, so that ten thousand of them are a hundred lines: round n runs the seeds from 100 (n - 1) + 1 on.
 */
import { runSeed } from '#simulation/run-seed';
import type { Campaign } from './campaign.ts';

export const campaign: Campaign = {
  description:
    'a simulated cluster with faults, 100 seeds a round: nothing acknowledged is lost, in order, consumed',
  rounds: 100,
  sampleRounds: 1,
  seedsPerRound: 100,
  async run(round, { log, signal }) {
    const fromSeed = 100 * (round - 1) + 1;
    const toSeed = 100 * round;
    const sums = { sent: 0, acknowledged: 0, delivered: 0, simulatedSeconds: 0 };
    const failed: string[] = [];
    for (let seed = fromSeed; seed <= toSeed && !signal.aborted; seed++) {
      const result = await runSeed(seed);
      sums.sent += result.sent;
      sums.acknowledged += result.acknowledged;
      sums.delivered += result.delivered;
      sums.simulatedSeconds += Math.round(result.simulatedMs / 1000);
      if (result.violations.length > 0) {
        log(`seed ${seed}: ${result.violations.join('; ')}`);
        failed.push(`${seed} (${result.violations[0]})`);
      }
    }
    signal.throwIfAborted();
    if (failed.length > 0) {
      throw new Error(`seeds ${failed.join(', ')}; replay: node simulation/dist/src/main.js SEED`);
    }
    return { fromSeed, toSeed, ...sums };
  },
};
