/** Master and slave, one of them official: the same bytes, consumption from the slave, the answers of a SYNC_MASTER; promotion. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJavaBroker } from './harness/java.ts';
import { javaConsume, javaSend, type TestMessage } from './harness/java-clients.ts';
import { checksTests, startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sleep, until } from './harness/pair.ts';
import { promotionRound } from './harness/promotion-round.ts';
import { RawClient } from './harness/raw-client.ts';
import { sendCode, startMaster, startSlave, untilSameLog, untilTopic } from './harness/replicas.ts';
import { assertConsumed, sampleMessages } from './harness/sample-messages.ts';
import type { StartBroker } from './harness/server.ts';

const TOPIC = 'Replicated';
const STEP = 150;
const UPDATE_BROKER_CONFIG = 25;
const SEND_OK = 0;
const SLAVE_NOT_AVAILABLE = 11;
const FLUSH_SLAVE_TIMEOUT = 12;

const pairs: [string, StartBroker, StartBroker][] = [
  ['our slave of a Java master', startJavaBroker, startOurBroker],
  ['a Java slave of our master', startOurBroker, startJavaBroker],
  ['our slave of our master', startOurBroker, startOurBroker],
];

/** Every kind of message, each with 2,000 bytes that do not compress and are not zero. */
function largerMessages(count: number): TestMessage[] {
  const noise = Buffer.from(Array.from({ length: 2000 }, (_, i) => 1 + ((i * i * 31 + i * 7) % 255)));
  return sampleMessages(count, false).map((message) => ({
    ...message,
    body: Buffer.concat([message.body, noise]),
  }));
}

for (const [name, master, slave] of pairs) {
  test(`${name}: the same log, and a consumer finds it there`, { timeout: 600_000 }, async () => {
    const namesrv = await startOurNamesrv();
    const options = { namesrvAddr: namesrv.address };
    let first = await startMaster(master, options);
    const second = await startSlave(slave, options);
    try {
      const all = largerMessages(STEP * 2);
      // A slave that comes when there are several files gets the last one only.
      await sendCode(first.address, 'First');
      await untilSameLog(first, second);
      const modes = ['sync', 'batch'] as const;
      for (const [round, mode] of modes.entries()) {
        const messages = all.slice(STEP * round, STEP * (round + 1));
        await javaSend(namesrv.address, TOPIC, messages, mode);
        // More than two files in each round.
        await untilSameLog(first, second, 280_000 * (round + 1));
        if (round === 0) {
          // The slave goes on where it was when the master comes back.
          await first.program.stop();
          const { port, folder } = first;
          first = await startMaster(master, { ...options, port, folder });
        }
      }
      await untilTopic(second.address, TOPIC);
      await first.program.kill();
      await sleep(500);
      const group = { namesrvAddr: namesrv.address, group: 'CG_REPLICATED', topic: TOPIC };
      assertConsumed(await javaConsume({ ...group, expected: all.length, timeoutMs: 60_000 }), all);
    } finally {
      await first.program.kill();
      await second.program.kill();
      await namesrv.program.kill();
    }
  });

  test(`${name}: what a SYNC_MASTER answers`, { timeout: 600_000 }, async () => {
    const namesrv = await startOurNamesrv();
    const options = { namesrvAddr: namesrv.address };
    // So long that a machine which stands still for seconds is no slave that does.
    const config = { brokerRole: 'SYNC_MASTER', syncFlushTimeout: 30_000 };
    const first = await startMaster(master, { ...options, config });
    try {
      assert.equal(await sendCode(first.address, TOPIC), SLAVE_NOT_AVAILABLE, 'without a slave');
      const second = await startSlave(slave, options);
      try {
        await until(
          'a slave answers',
          60_000,
          async () => (await sendCode(first.address, TOPIC)) === SEND_OK,
        );
        for (let i = 0; i < 20; i++) assert.equal(await sendCode(first.address, TOPIC), SEND_OK);
        await untilSameLog(first, second);
        using client = await RawClient.connect(first.address);
        const changed = await client.request(
          UPDATE_BROKER_CONFIG,
          {},
          Buffer.from('syncFlushTimeout=1500\n'),
        );
        assert.equal(changed.code, 0, changed.remark);
        process.kill(-second.program.pid, 'SIGSTOP');
        assert.equal(
          await sendCode(first.address, TOPIC),
          FLUSH_SLAVE_TIMEOUT,
          'with a slave that stands still',
        );
        process.kill(-second.program.pid, 'SIGCONT');
        await until('it goes on', 30_000, async () => (await sendCode(first.address, TOPIC)) === SEND_OK);
      } finally {
        await second.program.kill();
      }
      await until('it is gone', 30_000, async () => {
        const code = await sendCode(first.address, TOPIC);
        assert.notEqual(code, SEND_OK);
        return code === SLAVE_NOT_AVAILABLE;
      });
    } finally {
      await first.program.kill();
      await namesrv.program.kill();
    }
  });
}

for (const seed of [1, 2, 3]) {
  const name = `a SYNC_MASTER killed and its folder thrown away, its slave promoted, seed ${seed}`;
  test(name, { timeout: 600_000, skip: checksTests && 'ours only' }, async (t) => {
    const result = await promotionRound(seed);
    assert.ok(result.acknowledged > 0 && result.stored >= result.acknowledged);
    t.diagnostic(JSON.stringify(result));
  });
}
