/** Every call of our broker on its store fails in turn, on a real disk; needs gcc. */
import { missingForFaults } from '#interop/fault-library';
import { countCalls, FaultTemplate, faultRun } from '#interop/fault-round';
import { FAULTS, type Fault, FLUSH_DISK_TYPES, type FlushDiskType } from '#interop/fault-script';
import type { Campaign, RoundResult } from './campaign.ts';

/** More than there are. */
const CALLS = 1000;
/** The number of calls differs from run to run, and grows with its duration: so far beyond what was counted none must be left. */
const MARGIN = 1.25;

interface Prepared {
  readonly template: FaultTemplate;
  readonly counts: ReadonlyMap<FlushDiskType, Readonly<Record<Fault, number>>>;
}

let prepared: Promise<Prepared> | undefined;

async function prepare(): Promise<Prepared> {
  const missing = missingForFaults();
  if (missing !== undefined) throw new Error(`calls cannot be made to fail here: ${missing}`);
  const template = await FaultTemplate.make();
  const counts = new Map<FlushDiskType, Record<Fault, number>>();
  for (const flushDiskType of FLUSH_DISK_TYPES) {
    const { calls } = await countCalls(template, flushDiskType);
    const transfers = calls.filter(({ kind }) => kind === 'read' || kind === 'write').length;
    counts.set(flushDiskType, { EIO: calls.length, ENOSPC: calls.length, SHORT: transfers });
  }
  return { template, counts };
}

/**
 * Round N fails call N, in each flush mode and way; half a transfer is that of the N-th read or write. The runs of a round are
 * beside each other: they wait more than they work.
 */
export const campaign: Campaign = {
  description:
    'one call on the store fails with EIO, ENOSPC or half a read or write, each in turn; nothing acknowledged is lost',
  rounds: CALLS,
  sampleRounds: 4,
  async run(call) {
    prepared ??= prepare();
    const { template, counts } = await prepared;
    const run = async (flushDiskType: FlushDiskType, fault: Fault): Promise<RoundResult> => {
      if (call > (counts.get(flushDiskType)?.[fault] ?? 0) * MARGIN) return {};
      const name = `${flushDiskType} ${fault}`;
      const { calls, exitCode, started, refused } = await faultRun(template, flushDiskType, call, fault);
      if (calls[0] === undefined) return { [name]: 'no such call' };
      const how = `exit ${exitCode}, ${started ? `${refused} refused` : 'not started'}`;
      return { [name]: `${calls[0].kind} ${calls[0].path}: ${how}` };
    };
    const runs = await Promise.allSettled(
      FLUSH_DISK_TYPES.flatMap((flushDiskType) => FAULTS.map((fault) => run(flushDiskType, fault))),
    );
    const failed = runs.filter((each) => each.status === 'rejected');
    if (failed.length > 0) throw new Error(failed.map(({ reason }) => reason.stack).join('\n'));
    return Object.assign({}, ...runs.map((each) => each.status === 'fulfilled' && each.value));
  },
};
