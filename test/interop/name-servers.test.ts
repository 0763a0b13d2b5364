/** Several name servers: brokers register with all of them, clients and brokers go on when one is lost. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startJavaBroker, startJavaNamesrv } from './harness/java.ts';
import { javaConsume, javaSend } from './harness/java-clients.ts';
import { checksTests, startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { until } from './harness/pair.ts';
import { RawClient } from './harness/raw-client.ts';
import { countTopic } from './harness/read-topic.ts';
import { assertConsumed, sampleMessages } from './harness/sample-messages.ts';
import type { Server } from './harness/server.ts';

const GET_BROKER_CLUSTER_INFO = 106;

for (const [name, startBroker] of [
  ['our broker', startOurBroker],
  ['the Java broker', startJavaBroker],
] as const) {
  test(`${name} registers with ours and with the Java name server; one is lost`, {
    timeout: 600_000,
  }, async () => {
    const [ours, java] = await Promise.all([startOurNamesrv(), startJavaNamesrv()]);
    const both = `${ours.address};${java.address}`;
    const broker = await startBroker({ namesrvAddr: both });
    try {
      for (const namesrv of [ours, java])
        await until(`${namesrv.program.name} knows it`, 5_000, () => knows(namesrv, broker));
      const sent = sampleMessages(30);
      await javaSend(both, 'Several', sent.slice(0, 10));
      await java.program.kill();
      await javaSend(both, 'Several', sent.slice(10, 20));
      await javaSend(both, 'NewTopic', sent);
      // A Java broker puts messages into their queues a moment after it has answered.
      await until('all are there', 10_000, async () => (await countTopic(broker.address, 'NewTopic')) === 30);
      await javaSend(ours.address, 'Several', sent.slice(20));
      const options = { namesrvAddr: both, group: 'CG_SEVERAL', topic: 'Several' };
      assertConsumed(await javaConsume({ ...options, expected: 30 }), sent);
    } finally {
      await broker.program.kill();
      await Promise.all([ours.program.kill(), java.program.kill()]);
    }
  });
}

test('a killed broker leaves our name server at once, and comes back', { timeout: 600_000 }, async () => {
  const namesrv = await startOurNamesrv();
  const broker = await startJavaBroker({ namesrvAddr: namesrv.address });
  let again: Server | undefined;
  try {
    await until('the broker is there', 10_000, () => knows(namesrv, broker));
    await broker.program.kill();
    await until(
      'the broker is gone from the name server',
      3_000,
      async () => !(await knows(namesrv, broker)),
    );
    again = await startJavaBroker({ namesrvAddr: namesrv.address, port: broker.port, folder: broker.folder });
    await until('the broker is back', 5_000, () => knows(namesrv, broker));
  } finally {
    await again?.program.kill();
    await broker.program.kill();
    await namesrv.program.kill();
  }
});

test('brokers of both kinds side by side under our name server', { timeout: 600_000 }, async () => {
  const namesrv = await startOurNamesrv();
  const namesrvAddr = namesrv.address;
  const ours = await startOurBroker({ namesrvAddr, brokerName: 'broker-ours' });
  const java = await startJavaBroker({ namesrvAddr, brokerName: 'broker-java' });
  try {
    const sent = sampleMessages(80);
    const results = await javaSend(namesrvAddr, 'Mixed', sent);
    assert.deepEqual([...new Set(results.map((result) => result.brokerName))].sort(), [
      'broker-java',
      'broker-ours',
    ]);
    if (!checksTests) assert.equal(await countTopic(ours.address, 'Mixed'), 40);
    await until('all are there', 10_000, async () => (await countTopic(java.address, 'Mixed')) === 40);
    assertConsumed(await javaConsume({ namesrvAddr, group: 'CG_MIXED', topic: 'Mixed', expected: 80 }), sent);
  } finally {
    await Promise.all([ours.program.kill(), java.program.kill()]);
    await namesrv.program.kill();
  }
});

async function knows(namesrv: Server, broker: Server): Promise<boolean> {
  using client = await RawClient.connect(namesrv.address);
  const response = await client.request(GET_BROKER_CLUSTER_INFO);
  return response.code === 0 && response.body.includes(`"${broker.address}"`);
}
