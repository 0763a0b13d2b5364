/** A store folder goes from Java's broker to ours to Java's; needs a JDK and Maven, as test/interop does. */
import { exchangeRound } from '#interop/exchange-round';
import type { Campaign } from './campaign.ts';

export const campaign: Campaign = {
  description:
    'a store goes from Java to ours to Java, stopped or killed in between: each finds what the others wrote',
  rounds: 20,
  sampleRounds: 1,
  async run(seed) {
    return { ...(await exchangeRound(seed)) };
  },
};
