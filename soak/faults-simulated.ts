/** Every call of a broker on its store fails, on a simulated disk: the counterpart of `faults` that needs Node alone. */
import { FAULTS, FLUSH_DISK_TYPES } from '#interop/fault-script';
import { ENDINGS, type SimulatedFault, SimulatedFaults } from '#interop/simulated-fault-round';
import type { Campaign } from './campaign.ts';

/** More than there are. */
const CALLS = 320;

let faults: Promise<SimulatedFaults> | undefined;

/** Round N fails call N, in each flush mode, way and ending; half a transfer is that of the N-th read or write. */
export const campaign: Campaign = {
  description:
    'as faults, on a simulated disk, with a power cut or kill at the end too; nothing acknowledged is lost',
  rounds: CALLS,
  sampleRounds: 4,
  async run(call, { signal }) {
    faults ??= SimulatedFaults.make();
    const result: Record<string, string> = {};
    for (const flushDiskType of FLUSH_DISK_TYPES)
      for (const ending of ENDINGS)
        for (const fault of FAULTS) {
          signal.throwIfAborted();
          const outcome = await failOne(await faults, { flushDiskType, ending, fault, call });
          if (outcome !== undefined) result[`${flushDiskType} ${ending} ${fault}`] = outcome;
        }
    return result;
  },
};

async function failOne(faults: SimulatedFaults, given: SimulatedFault): Promise<string | undefined> {
  const { hit, started, stayed, refused } = await faults.run(given);
  if (hit === undefined) return undefined;
  if (given.call === CALLS) throw new Error(`there are ${CALLS} calls or more: raise CALLS`);
  const how = stayed ? `${refused} refused` : started ? 'ended by it' : 'not started';
  return `${hit.kind} ${hit.path}: ${how}`;
}
