/** A sample of `npm run soak faults`: single calls of a broker fail on a real disk. Left out, aloud, where there is no gcc. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type IoCall, missingForFaults } from '../interop/harness/fault-library.ts';
import {
  countCalls,
  type Fault,
  FaultTemplate,
  type FlushDiskType,
  faultRun,
} from '../interop/harness/fault-round.ts';

/** By share of all calls, since their number differs a little from run to run. */
const SAMPLE: readonly [FlushDiskType, share: number, fault: Fault][] = [
  ['ASYNC_FLUSH', 0.05, 'EIO'],
  ['ASYNC_FLUSH', 0.2, 'SHORT'],
  ['ASYNC_FLUSH', 0.35, 'ENOSPC'],
  ['SYNC_FLUSH', 0.3, 'EIO'],
  ['SYNC_FLUSH', 0.6, 'ENOSPC'],
  ['SYNC_FLUSH', 0.95, 'EIO'],
];

test('one call fails: nothing acknowledged is lost, nothing hangs; a failed sync of the log ends the broker', {
  timeout: 300_000,
  skip: missingForFaults() ?? false,
}, async (t) => {
  const template = await FaultTemplate.make();
  const run = async (flushDiskType: FlushDiskType, call: number, fault: Fault): Promise<boolean> => {
    const { calls, exitCode } = await faultRun(template, flushDiskType, call, fault);
    t.diagnostic(`${flushDiskType} ${fault}: ${calls[0]?.kind} ${calls[0]?.path}, exit code ${exitCode}`);
    return exitCode === 74 && isLogSync(calls[0]);
  };
  const calls = {
    ASYNC_FLUSH: await callsOf(template, 'ASYNC_FLUSH'),
    SYNC_FLUSH: await callsOf(template, 'SYNC_FLUSH'),
  };
  for (const [flushDiskType, share, fault] of SAMPLE)
    await run(flushDiskType, Math.round(share * calls[flushDiskType].length), fault);
  // Every second or third call is one: of a few tries, one meets it.
  const syncs = calls.SYNC_FLUSH.filter(isLogSync).map(({ number }) => number);
  const middle = syncs.slice(Math.floor(syncs.length / 2));
  for (const call of middle) if (await run('SYNC_FLUSH', call, 'EIO')) return;
  assert.fail('no try met a sync of the log');
});

async function callsOf(template: FaultTemplate, flushDiskType: FlushDiskType): Promise<readonly IoCall[]> {
  const { calls, acknowledged } = await countCalls(template, flushDiskType);
  assert.equal(acknowledged, 1000);
  assert.ok(calls.length > 200, `${calls.length} calls`);
  return calls;
}

function isLogSync(call: IoCall | undefined): boolean {
  return call !== undefined && call.kind === 'sync' && call.path.startsWith('/commitlog/');
}
