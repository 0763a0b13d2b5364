/** A namespace of our client, which later Java clients have and 4.4.0 does not: to its programs it is a part of the names. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Producer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { javaConsume, javaSend } from './harness/java-clients.ts';
import { startOurConsumer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { sharedPair, sleep, until } from './harness/pair.ts';

const options = { config: { messageDelayLevel: '1s 1s 1s 1s 1s' } };
const kinds = [
  ['official', sharedPair(startJavaNamesrv, startJavaBroker, options)],
  ['our', sharedPair(startOurNamesrv, startOurBroker, options)],
] as const;

for (const [kind, pair] of kinds) {
  test(`ours in a namespace, official clients by the whole names (${kind} servers)`, {
    timeout: 600_000,
  }, async () => {
    const { namesrv } = await pair();
    const namesrvAddr = namesrv.address;
    const producer = new Producer({
      producerGroup: 'PG',
      namespace: 'NS',
      namesrvAddr,
      sendMsgTimeout: 60_000,
      logger: silentLogger,
    });
    await producer.start();
    try {
      const result = await producer.send({ topic: 'Shop', body: 'from ours' });
      assert.equal(result.messageQueue.topic, 'Shop');
      assert.equal((await producer.viewMessage(result.offsetMsgId)).topic, 'Shop');
    } finally {
      await producer.shutdown();
    }
    await javaSend(namesrvAddr, 'NS%Shop', [{ body: Buffer.from('from Java') }]);

    let failures = 0;
    const { consumer, consumed } = await startOurConsumer(
      namesrvAddr,
      'CG',
      'Shop',
      { namespace: 'NS' },
      () => {
        if (failures++ < 2) throw new Error('the first time');
      },
    );
    const outside = await startOurConsumer(namesrvAddr, 'CG', 'Shop');
    try {
      await until('both are consumed after another try', 30_000, () => consumed.length === 2);
      await sleep(500);
      assert.deepEqual(
        consumed.map(({ topic, reconsumeTimes, body }) => `${topic} ${reconsumeTimes} ${body}`).sort(),
        ['Shop 1 from Java', 'Shop 1 from ours'],
      );
      assert.equal(outside.consumed.length, 0);
    } finally {
      await consumer.shutdown();
      await outside.consumer.shutdown();
    }

    const java = await javaConsume({ namesrvAddr, group: 'NS%CG_JAVA', topic: 'NS%Shop', expected: 2 });
    assert.deepEqual(java.map(({ topic, body }) => `${topic} ${body}`).sort(), [
      'NS%Shop from Java',
      'NS%Shop from ours',
    ]);
  });
}
