/** Our SYNC_MASTER killed with its folder thrown away, our slave promoted; needs neither a JDK nor Maven. */
import { promotionRound } from '#interop/promotion-round';
import type { Campaign } from './campaign.ts';

export const campaign: Campaign = {
  description:
    'a SYNC_MASTER is killed during sends and its folder thrown away, its slave promoted: every SEND_OK is there',
  rounds: 100,
  sampleRounds: 3,
  async run(seed) {
    return { ...(await promotionRound(seed)) };
  },
};
