/** Every call of our broker on its store fails in turn, on a real disk; needs gcc. */
import { missingForFaults } from '#interop/fault-library';
import { countCalls, FAULTS, FaultTemplate, type FlushDiskType, faultRun } from '#interop/fault-round';
import type { Campaign } from './campaign.ts';

/** At least as many calls as there are; the stride has no factor in common with it. */
const CALLS = 600;
const STRIDE = 377;
/** Calls differ a little from run to run. */
const SLACK = 10;

let template: Promise<FaultTemplate> | undefined;
const counted = new Map<FlushDiskType, number>();

/** Odd seeds with ASYNC_FLUSH, even ones with SYNC_FLUSH; all calls are met in some order, so that a part of a run is a sample. */
export const campaign: Campaign = {
  description:
    'one call on the store fails with EIO, ENOSPC or half a write, each in turn; nothing acknowledged is lost',
  rounds: 2 * CALLS,
  sampleRounds: 4,
  async run(seed) {
    const missing = missingForFaults();
    if (missing !== undefined) throw new Error(`calls cannot be made to fail here: ${missing}`);
    template ??= FaultTemplate.make();
    const flushDiskType = seed % 2 === 0 ? 'SYNC_FLUSH' : 'ASYNC_FLUSH';
    if (!counted.has(flushDiskType))
      counted.set(flushDiskType, (await countCalls(await template, flushDiskType)).calls.length);
    const call = 1 + ((Math.ceil(seed / 2) * STRIDE) % CALLS);
    const of = counted.get(flushDiskType) ?? 0;
    if (of > CALLS) throw new Error(`there are ${of} calls: raise CALLS`);
    const result: Record<string, string | number> = { flushDiskType, call, of };
    if (call > of + SLACK) return result;
    for (const fault of FAULTS) {
      const { calls, exitCode, started, refused } = await faultRun(
        await template,
        flushDiskType,
        call,
        fault,
      );
      if (calls[0] === undefined) continue;
      result[fault] =
        `${calls[0].kind} ${calls[0].path}: exit ${exitCode}, ${started ? `${refused} refused` : 'not started'}`;
    }
    return result;
  },
};
