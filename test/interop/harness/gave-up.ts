/**
 * Whether a program under test gave up waiting. Examples, the official ones and ours, give a send three seconds, connecting
 * included, and end, or go on without it: on a machine that is very busy, or stands still that long, this is no fault of either
 * side, and such a run says nothing.
 */
import type { Program } from './program.ts';

const GAVE_UP =
  /call timeout|wait response on the channel|RemotingTimeoutException|ACCESS_BROKER_TIMEOUT|REMOTING_TIMEOUT/;

export const ATTEMPTS = 3;

export function gaveUp({ lines, errorLines }: Program): boolean {
  return [...lines, ...errorLines].some(saysGaveUp);
}

export function saysGaveUp(output: string): boolean {
  return GAVE_UP.test(output);
}
