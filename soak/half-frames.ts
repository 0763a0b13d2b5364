/** 5,000 connections send half a frame and stop; needs Node alone, and 11,000 open files in each process. */
import assert from 'node:assert/strict';
import { halfFramesRound } from '#interop/half-frames-round';
import type { Campaign } from './campaign.ts';

const CONNECTIONS = 5_000;
const MEASURE_MS = 8_000;
/** They have to be there before the first of them is closed. */
const STAND_MS = 45_000;
/** Of the speed without them. */
const SERVED_SHARE = 0.8;

export const campaign: Campaign = {
  description:
    '5,000 connections send half a frame and stop: memory within its bound, others served at 80 % of the speed or more',
  rounds: 8,
  sampleRounds: 1,
  async run(seed) {
    const result = await halfFramesRound(seed, CONNECTIONS, { measureMs: MEASURE_MS, standMs: STAND_MS });
    const part = (standing: number, before: number, after: number): number =>
      Math.round((standing * 200) / (before + after)) / 100;
    // Where others use the machine too, what a second of the broker's CPU does says more than the clock.
    const share = part(result.speedStanding, result.speedBefore, result.speedAfter);
    const cpuShare = part(1 / result.cpuUsStanding, 1 / result.cpuUsBefore, 1 / result.cpuUsAfter);
    const facts = { ...result, share, cpuShare };
    assert.ok(
      Math.max(share, cpuShare) >= SERVED_SHARE,
      `others were served too slowly: ${JSON.stringify(facts)}`,
    );
    return facts;
  },
};
