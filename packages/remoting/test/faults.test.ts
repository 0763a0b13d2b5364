import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RemotingError } from '../src/index.ts';
import { ADDRESS, World } from './support/world.ts';

/** Calls over a network that cuts, delays, resets and loses: each must have one outcome, and a right one. */
async function campaign(seed: number): Promise<{ answered: number; failed: number; codes: Set<string> }> {
  const world = new World({ latencyMs: { min: 0, max: 30 }, cutChance: 0.3 }, seed);
  const server = await world.server({ limits: { idleTimeoutMs: 5000, partialFrameTimeoutMs: 5000 } });
  server.handle(1, async (request) => {
    await new Promise<void>(
      (resolve) => void world.clock.setTimeout(resolve, Number(request.ext.get('delay'))),
    );
    return { code: 0, ext: { echo: request.ext.get('number') }, body: request.body };
  });
  const client = world.client({ limits: { idleTimeoutMs: 5000 } });
  world.network.resetChance = 0.01;
  world.network.loseChance = 0.005;
  const outcome = { answered: 0, failed: 0, codes: new Set<string>() };
  let open = 0;
  for (let number = 0; number < 150; number++) {
    open++;
    const body = Buffer.alloc((number * 7919) % 5000, number);
    const command = { code: 1, ext: { number, delay: (number * 31) % 100 }, body };
    client.invoke(ADDRESS, command, 1000).then(
      (answer) => {
        open--;
        outcome.answered++;
        assert.equal(answer.ext.get('echo'), String(number));
        assert.deepEqual(answer.body ?? Buffer.alloc(0), body);
      },
      (error) => {
        open--;
        outcome.failed++;
        assert.ok(error instanceof RemotingError, String(error));
        outcome.codes.add(error.code);
      },
    );
    await world.clock.advance(20);
  }
  await world.clock.advance(30_000);
  assert.equal(open, 0, 'a call has no outcome');
  assert.equal(server.connectionCount, 0, 'a dead connection is kept');
  assert.equal(server.frameMemory.heldBytes, 0);
  assert.equal(client.wheel.count, 0);
  return outcome;
}

test('over a bad network every call has exactly one outcome, and nothing is left behind', async () => {
  const codes = new Set<string>();
  let answered = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const outcome = await campaign(seed);
    answered += outcome.answered;
    for (const code of outcome.codes) codes.add(code);
  }
  assert.ok(answered > 200, `${answered} calls were answered`);
  assert.ok(codes.has('REMOTING_TIMEOUT') && codes.has('REMOTING_SEND_REQUEST'), [...codes].join());
});

test('the same seed has the same outcome', async () => {
  const [first, second] = [await campaign(42), await campaign(42)];
  assert.deepEqual(first, second);
});
