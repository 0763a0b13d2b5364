/**
 * A producer that keeps away from brokers that fail (sendLatencyFaultEnable), with two brokers one of which is killed: every send is
 * stored, and the dead broker is tried once. Our client with two official brokers and with two of ours, the
 * official client with two of ours.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Producer } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startJavaBroker, startJavaMain, startJavaNamesrv } from './harness/java.ts';
import { withProducer } from './harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from './harness/ours.ts';
import { until } from './harness/pair.ts';
import { readTopic } from './harness/read-topic.ts';
import type { StartBroker, StartNamesrv } from './harness/server.ts';

const QUEUES = 4;
/** Whole rounds over the queues of both brokers. */
const COUNT = 12 * 2 * QUEUES;
/** A slow machine is no fault; a failed attempt counts as 30 s. */
const latencyMax = [20_000];
const notAvailableDuration = [600_000];
const topic = 'Faults';

interface Sent {
  /** By name of the broker. */
  readonly stored: Readonly<Record<string, number>>;
  /** By its address. */
  readonly attempts: Readonly<Record<string, number>>;
}

/** Sends so many messages, one after the other; their bodies go on from the last call. */
type Send = (count: number) => Promise<Sent>;

interface Sender {
  readonly send: Send;
  end(): Promise<void>;
}

async function ours(namesrvAddr: string): Promise<Sender> {
  const producer = new Producer({
    producerGroup: 'PG_FAULTS',
    namesrvAddr,
    sendLatencyFaultEnable: true,
    latencyMax,
    notAvailableDuration,
    sendMsgTimeout: 20_000,
    logger: silentLogger,
  });
  let attempts: Record<string, number> = {};
  producer.registerSendMessageHook({
    sendMessageBefore({ brokerAddr }) {
      attempts[brokerAddr] = (attempts[brokerAddr] ?? 0) + 1;
    },
  });
  await producer.start();
  let number = 0;
  return {
    async send(count) {
      attempts = {};
      const stored: Record<string, number> = {};
      for (let i = 0; i < count; i++) {
        const { brokerName } = (await producer.send({ topic, body: `m${number++}` })).messageQueue;
        stored[brokerName] = (stored[brokerName] ?? 0) + 1;
      }
      return { stored, attempts };
    },
    end: () => producer.shutdown(),
  };
}

async function official(namesrvAddr: string): Promise<Sender> {
  const program = await startJavaMain('FaultLatency', [namesrvAddr, topic]);
  await program.waitForLine(/"started"/, 120_000);
  let told = 0;
  const answers = () => program.lines.filter((line) => line.includes('"event":"sent"'));
  return {
    async send(count) {
      program.write(`${count}\n`);
      await until(`${count} are sent`, 120_000, () => {
        if (program.exit) throw new Error(program.errorLines.join('\n'));
        return answers().length > told;
      });
      return JSON.parse(answers()[told++] as string);
    },
    end: async () => void (await program.kill()),
  };
}

const mixtures: [string, StartNamesrv, StartBroker, (namesrvAddr: string) => Promise<Sender>][] = [
  ['our client, official brokers', startJavaNamesrv, startJavaBroker, ours],
  ['our client, our brokers', startOurNamesrv, startOurBroker, ours],
  ['official client, our brokers', startOurNamesrv, startOurBroker, official],
];

for (const [name, startNamesrv, startBroker, startSender] of mixtures) {
  test(name, { timeout: 600_000 }, async (t) => {
    const namesrv = await startNamesrv();
    const start = (brokerName: string) => startBroker({ namesrvAddr: namesrv.address, brokerName });
    const [alive, victim] = await Promise.all([start('broker-a'), start('broker-b')]);
    let sender: Sender | undefined;
    try {
      await withProducer(namesrv.address, async (producer) => {
        await producer.createTopic('TBW102', topic, QUEUES);
        await until('both brokers have the topic', 120_000, () =>
          producer.fetchPublishMessageQueues(topic).then(
            ({ length }) => length === 2 * QUEUES,
            () => false,
          ),
        );
      });
      sender = await startSender(namesrv.address);
      const before = await sender.send(COUNT);
      assert.deepEqual(before.stored, { 'broker-a': COUNT / 2, 'broker-b': COUNT / 2 });
      // Nobody tells the producer that the broker is gone.
      await namesrv.program.kill();
      await victim.program.kill();
      const startMs = performance.now();
      const after = await sender.send(COUNT);
      const tries = after.attempts[victim.address] ?? 0;
      t.diagnostic(`${tries} attempts at the dead broker, ${Math.round(performance.now() - startMs)} ms`);
      assert.deepEqual(after.stored, { 'broker-a': COUNT });
      assert.equal(tries, 1);
      assert.equal(after.attempts[alive.address], COUNT);
      const stored = await readTopic(alive.address, topic, QUEUES);
      const bodies = stored.map(({ body }) => body.toString());
      assert.equal(bodies.length, new Set(bodies).size, 'none is there twice');
      const later = bodies.filter((body) => Number(body.slice(1)) >= COUNT);
      assert.equal(later.length, COUNT);
    } finally {
      await sender?.end();
      await Promise.all([alive.program.kill(), victim.program.kill()]);
      await namesrv.program.kill();
    }
  });
}
