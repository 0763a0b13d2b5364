/**
 * Whether a program under test gave up waiting. Official examples give a send three seconds, their start included, say so and go
 * on without it: on a machine that is very busy, or stands still that long, this is no fault of either side, and such a run says
 * nothing.
 */
import type { Program } from './program.ts';

const GAVE_UP =
  /call timeout|wait response on the channel|RemotingTimeoutException|ACCESS_BROKER_TIMEOUT|REMOTING_TIMEOUT/;

export const ATTEMPTS = 3;

export function gaveUp({ lines, errorLines }: Program): boolean {
  return [...lines, ...errorLines].some((line) => GAVE_UP.test(line));
}
