/**
 * The quickstart examples, unchanged, in every mixture of official and our programs: 1,000 of 1,000 messages, each
 * exactly once, with the contents that were sent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ATTEMPTS, gaveUp } from './harness/gave-up.ts';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { startOurBroker, startOurNamesrv, startOurTool } from './harness/ours.ts';
import { sleep, until } from './harness/pair.ts';
import type { Program } from './harness/program.ts';
import { countTopic, readTopic } from './harness/read-topic.ts';
import type { StartBroker, StartNamesrv } from './harness/server.ts';

const PACKAGE = 'org.apache.rocketmq.example.quickstart';
const COUNT = 1000;

type StartExample = (name: 'Producer' | 'Consumer', namesrvAddr: string) => Promise<Program>;

const official: StartExample = (name, namesrvAddr) =>
  startJavaMain(`${PACKAGE}.${name}`, [], { env: { NAMESRV_ADDR: namesrvAddr } });
const ours: StartExample = (name, namesrvAddr) => startOurTool([`${PACKAGE}.${name}`], namesrvAddr);

const mixtures: [string, StartNamesrv, StartBroker, StartExample, StartExample][] = [
  [
    'official producer and consumer, our name server and broker',
    startOurNamesrv,
    startOurBroker,
    official,
    official,
  ],
  ['our producer and consumer, Java name server and broker', startJavaNamesrv, startJavaBroker, ours, ours],
  ['ours on ours', startOurNamesrv, startOurBroker, ours, ours],
  ['official clients, Java broker on our name server', startOurNamesrv, startJavaBroker, official, official],
  [
    'official clients, our broker on the Java name server',
    startJavaNamesrv,
    startOurBroker,
    official,
    official,
  ],
  [
    'official producer, our consumer, our name server and broker',
    startOurNamesrv,
    startOurBroker,
    official,
    ours,
  ],
  [
    'our producer, official consumer, Java name server and broker',
    startJavaNamesrv,
    startJavaBroker,
    ours,
    official,
  ],
];

for (const [name, startNamesrv, startBroker, startProducer, startConsumer] of mixtures) {
  const exchange = async (attempt = 1): Promise<void> => {
    const namesrv = await startNamesrv();
    const broker = await startBroker({ namesrvAddr: namesrv.address });
    try {
      const producer = await startProducer('Producer', namesrv.address);
      assert.equal((await producer.waitForExit(60_000)).code, 0, producer.errorLines.join('\n'));
      const sent = producer.lines.filter((line) => line.includes('sendStatus=SEND_OK'));
      if (sent.length < COUNT && attempt < ATTEMPTS && gaveUp(producer)) return await exchange(attempt + 1);
      assert.equal(sent.length, COUNT, producer.errorLines.join('\n'));
      // A Java broker puts messages into their queues a moment after it has answered.
      await until(
        'all are in their queues',
        20_000,
        async () => (await countTopic(broker.address, 'TopicTest')) >= COUNT,
      );
      const stored = await readTopic(broker.address, 'TopicTest');
      assert.deepEqual(stored.map((record) => record.body.toString()).sort(), expectedBodies());
      assert.ok(stored.every((record) => record.properties.get('TAGS') === 'TagA'));
      const ids = sent.map((line) => /msgId=([0-9A-F]{32})/.exec(line)?.[1]);
      assert.deepEqual(ids.sort(), stored.map((record) => record.properties.get('UNIQ_KEY')).sort());

      const consumer = await startConsumer('Consumer', namesrv.address);
      try {
        await until('all are received', 40_000, () => receivedIds(consumer).length >= COUNT);
        await sleep(300); // anything twice would come now
        assert.deepEqual(receivedIds(consumer).sort(), ids);
      } finally {
        await consumer.kill();
      }
    } finally {
      await broker.program.kill();
      await namesrv.program.kill();
    }
  };
  test(name, { timeout: 600_000 }, () => exchange());
}

function expectedBodies(): string[] {
  return Array.from({ length: COUNT }, (_, i) => `Hello RocketMQ ${i}`).sort();
}

/** The consumer prints each batch of one as `… Receive New Messages: [MessageExt [… UNIQ_KEY=…`. */
function receivedIds(consumer: Program): (string | undefined)[] {
  return consumer.lines
    .filter((line) => line.includes('Receive New Messages'))
    .map((line) => /UNIQ_KEY=([0-9A-F]{32})/.exec(line)?.[1]);
}
