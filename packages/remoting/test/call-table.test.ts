/** The table of calls behaves as a Map does, whatever comes and goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CallTable } from '../src/call-table.ts';
import { PendingCall } from '../src/pending-call.ts';

const owner = { remoteAddress: '', callExpired() {} };
const listener = { onResponse() {}, onError() {} };

test('as a Map, with opaques that collide, stay long, and come back after the counter wrapped', () => {
  const opaque = fc.oneof(
    fc.integer({ min: 0, max: 300 }),
    fc.nat({ max: 40 }).map((n) => n * 64),
    fc.integer({ min: 0x7fffff80, max: 0x7fffffff }),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(opaque, fc.boolean()), { maxLength: 400 }), (steps) => {
      const table = new CallTable();
      const model = new Map<number, PendingCall>();
      for (const [key, removes] of steps) {
        const known = model.get(key);
        if (removes && known !== undefined) {
          table.delete(known);
          table.delete(known);
          model.delete(key);
        } else if (known === undefined) {
          const call = new PendingCall(owner, key, 1, 1000, listener);
          table.add(call);
          model.set(key, call);
        }
        assert.equal(table.size, model.size);
        for (const [each, call] of model) assert.equal(table.get(each), call);
        assert.equal(table.get(key + 1), model.get(key + 1));
      }
      assert.deepEqual(new Set(table.values()), new Set(model.values()));
    }),
  );
});
