/** Our broker killed with SIGKILL while the official 4.4.0 client sends; needs a JDK and Maven, as test/interop does. */
import { killRound } from '#interop/kill-round';
import type { Campaign } from './campaign.ts';

export const campaign: Campaign = {
  description:
    'kill -9 of the broker during sends by the official client, five times: no acknowledged message is lost',
  rounds: 120,
  sampleRounds: 2,
  async run(seed) {
    return { ...(await killRound(seed)) };
  },
};
