import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { disableSlowConsumers } from '../../src/control/slow-consumers.ts';
import { ControlRig } from '../rig/control-rig.ts';

async function rigFor(t: TestContext, settings: Record<string, string>): Promise<ControlRig> {
  const rig = await ControlRig.start(settings);
  t.after(() => rig.stop());
  await rig.beat('c', [{ group: 'Slow', topics: { T: '*' } }]);
  await rig.beat('c', [{ group: 'Quick', topics: { T: '*' } }], [], rig.newClient());
  rig.fill('T', 0, 10);
  Object.defineProperty(rig.store, 'maxPhysicalOffset', { value: 10_000 });
  rig.parts.control.offsets.commit('Slow', 'T', 0, 1, 'c');
  rig.parts.control.offsets.commit('Quick', 'T', 0, 9, 'c');
  return rig;
}

test('a group further behind than allowed is stopped, when that is wanted', async (t) => {
  const settings = { disableConsumeIfConsumerReadSlowly: 'true', consumerFallbehindThreshold: '5000' };
  const rig = await rigFor(t, settings);
  await disableSlowConsumers(rig.parts.control);
  const { groups } = rig.parts.control;
  assert.equal(groups.peek('Slow')?.config.consumeEnable, false);
  assert.equal(groups.peek('Quick')?.config.consumeEnable, true);
  assert.match(rig.logger.complaints().at(-1)!, /too far behind/);
});

test('nobody is stopped otherwise', async (t) => {
  const rig = await rigFor(t, { consumerFallbehindThreshold: '1' });
  await disableSlowConsumers(rig.parts.control);
  assert.equal(rig.parts.control.groups.peek('Slow')?.config.consumeEnable, true);
});
