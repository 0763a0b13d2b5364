/** The simulation finds what is planted: each bug by a bounded number of seeds, which pass without it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { find, plantedBugs } from '../src/planted-bugs.ts';

test('there are twenty planted bugs at least', () => {
  assert.ok(plantedBugs.length >= 20);
  assert.equal(new Set(plantedBugs.map(({ name }) => name)).size, plantedBugs.length);
});

for (const bug of plantedBugs) {
  test(`found: ${bug.name}`, async (t) => {
    const found = await find(bug);
    assert.ok(found !== undefined, `none of ${bug.seeds} seeds found it`);
    t.diagnostic(`seed ${found.seed}, the ${found.seedsTried}. tried: ${found.violation}`);
  });
}
