/** Members of a group come and go every second for a minute, under load; needs Node alone. */
import { rebalanceRound } from '#interop/rebalance-round';
import type { Campaign } from './campaign.ts';

const SECONDS = 60;

export const campaign: Campaign = {
  description:
    'consumers join and leave every second for a minute under load: nothing lost, every queue at one of them',
  rounds: 20,
  sampleRounds: 1,
  async run(seed, { signal }) {
    return { ...(await rebalanceRound(seed, SECONDS, signal)) };
  },
};
