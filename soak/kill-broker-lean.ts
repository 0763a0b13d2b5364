/** Our broker killed with SIGKILL while raw connections keep 128 sends in flight; needs Node alone. */
import { leanKillRound } from '#interop/lean-kill-round';
import type { Campaign } from './campaign.ts';

export const campaign: Campaign = {
  description:
    'kill -9 of the broker with 128 sends in flight, three times: every acknowledged message in its place',
  rounds: 100,
  sampleRounds: 2,
  async run(seed) {
    return { ...(await leanKillRound(seed)) };
  },
};
