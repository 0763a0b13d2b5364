/** A sample of `npm run soak faults`: single calls of a broker fail on a real disk. Left out, aloud, where there is no gcc. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { missingForFaults } from '../interop/harness/fault-library.ts';
import { countCalls, FaultTemplate, faultRun } from '../interop/harness/fault-round.ts';
import type { Fault, FlushDiskType } from '../interop/harness/fault-script.ts';

/** By share of all calls, since their number differs a little from run to run. */
const SAMPLE: readonly [FlushDiskType, share: number, fault: Fault][] = [
  ['ASYNC_FLUSH', 0.05, 'EIO'],
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
  const run = async (flushDiskType: FlushDiskType, call: number, fault: Fault, only?: string) => {
    const result = await faultRun(template, flushDiskType, call, fault, only);
    const { calls, exitCode } = result;
    t.diagnostic(`${flushDiskType} ${fault}: ${calls[0]?.kind} ${calls[0]?.path}, exit code ${exitCode}`);
    return result;
  };
  const counts = {
    ASYNC_FLUSH: await countOf(template, 'ASYNC_FLUSH'),
    SYNC_FLUSH: await countOf(template, 'SYNC_FLUSH'),
  };
  for (const [flushDiskType, share, fault] of SAMPLE)
    await run(flushDiskType, Math.round(share * counts[flushDiskType]), fault);
  const synced = await run('SYNC_FLUSH', 20, 'EIO', 'sync /commitlog/');
  assert.ok(synced.calls.length === 1 && synced.started);
  assert.equal(synced.exitCode, 74);
  const written = await run('ASYNC_FLUSH', 20, 'ENOSPC', 'write /commitlog/');
  assert.ok(
    written.calls.length === 1 && written.refused > 0,
    'a full disk refuses, and is noticed to be well again',
  );
  assert.equal(written.exitCode, 0);
  const short = await run('ASYNC_FLUSH', 20, 'SHORT', 'write /commitlog/');
  assert.equal(short.calls[0]?.outcome, 'short');
});

async function countOf(template: FaultTemplate, flushDiskType: FlushDiskType): Promise<number> {
  const { calls, acknowledged } = await countCalls(template, flushDiskType);
  assert.equal(acknowledged, 1000);
  assert.ok(calls.length > 200, `${calls.length} calls`);
  return calls.length;
}
