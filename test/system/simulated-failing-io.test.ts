/** A sample of `npm run soak faults-simulated`: single calls of a broker fail on a simulated disk, some of each kind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FAULTS, FLUSH_DISK_TYPES } from '../interop/harness/fault-script.ts';
import { ENDINGS, SimulatedFaults } from '../interop/harness/simulated-fault-round.ts';

/** Each way of failing takes other calls, so far apart. */
const STEP = 61;

test('one call fails on a simulated disk: nothing acknowledged is lost, nothing hangs', {
  timeout: 300_000,
}, async (t) => {
  const faults = await SimulatedFaults.make();
  const hits = new Map<string, number>();
  const ends = { started: 0, stayed: 0, refused: 0 };
  let first = 1;
  for (const flushDiskType of FLUSH_DISK_TYPES)
    for (const ending of ENDINGS)
      for (const fault of FAULTS) {
        first += 5;
        for (let call = first; ; call += STEP) {
          const result = await faults.run({ flushDiskType, ending, fault, call });
          if (result.hit === undefined) break;
          hits.set(result.hit.kind, (hits.get(result.hit.kind) ?? 0) + 1);
          if (result.started) ends.started++;
          if (result.stayed) ends.stayed++;
          if (result.refused > 0) ends.refused++;
        }
      }
  const runs = [...hits.values()].reduce((sum, count) => sum + count, 0);
  t.diagnostic(`${runs} calls failed: ${JSON.stringify(Object.fromEntries(hits))}, ${JSON.stringify(ends)}`);
  for (const kind of ['read', 'write', 'datasync', 'create', 'rename']) assert.ok(hits.has(kind), kind);
  assert.ok(ends.started < runs, 'some keep the broker from starting');
  assert.ok(ends.stayed < ends.started, 'some end it');
  assert.ok(ends.stayed > 0 && ends.refused > 0, 'some it survives');
});
