/**
 * Our client with our servers: a name server and two brokers, one of which is killed and comes back while messages are
 * sent and consumed.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  ConsumeOrderlyStatus,
  MessageSelector,
  Producer,
  PushConsumer,
  type ReceivedMessage,
} from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startOurConsumer, withProducer } from '../interop/harness/our-clients.ts';
import { startOurBroker, startOurNamesrv } from '../interop/harness/ours.ts';
import { sleep, until } from '../interop/harness/pair.ts';
import type { Server } from '../interop/harness/server.ts';

const config = {
  messageDelayLevel: Array.from({ length: 18 }, () => '1s').join(' '),
  enablePropertyFilter: true,
};

interface Cluster {
  readonly namesrv: Server;
  readonly brokers: Server[];
}

let cluster: Promise<Cluster> | undefined;
after(async () => {
  const made = await cluster;
  for (const server of [...(made?.brokers ?? []), ...(made ? [made.namesrv] : [])])
    await server.program.kill();
});

function startCluster(): Promise<Cluster> {
  cluster ??= (async () => {
    const namesrv = await startOurNamesrv();
    const start = (brokerName: string) =>
      startOurBroker({ namesrvAddr: namesrv.address, brokerName, config });
    return { namesrv, brokers: await Promise.all([start('broker-a'), start('broker-b')]) };
  })();
  return cluster;
}

async function createTopic(namesrvAddr: string, topic: string): Promise<void> {
  await withProducer(namesrvAddr, async (producer) => {
    await producer.createTopic('TBW102', topic, 4);
    await until(`${topic} has a route`, 10_000, () =>
      producer.fetchPublishMessageQueues(topic).then(
        (queues) => queues.length === 8,
        () => false,
      ),
    );
  });
}

const bodyOf = (message: ReceivedMessage): string => message.body.toString();

test('sends go on when a broker is killed, and what was acknowledged is consumed', {
  timeout: 600_000,
}, async () => {
  const { namesrv, brokers } = await startCluster();
  const topic = 'Killed';
  await createTopic(namesrv.address, topic);
  const { consumer, consumed } = await startOurConsumer(namesrv.address, 'CG_KILLED', topic);
  const producer = new Producer({
    producerGroup: 'PG_KILLED',
    namesrvAddr: namesrv.address,
    sendMsgTimeout: 60_000,
  });
  await producer.start();
  const acknowledged = new Set<string>();
  const failed: unknown[] = [];
  let stop = false;
  const worker = async (name: number): Promise<void> => {
    for (let i = 0; !stop; i++) {
      const body = `${name}-${i}`;
      try {
        await producer.send({ topic, body });
        acknowledged.add(body);
      } catch (error) {
        failed.push(error);
      }
      await sleep(2);
    }
  };
  const workers = [1, 2, 3, 4].map(worker);
  const sendMore = (count: number): Promise<void> => {
    const wanted = acknowledged.size + count;
    return until(`${count} more sends`, 30_000, () => acknowledged.size >= wanted);
  };
  await sendMore(500);
  const [victim] = brokers as [Server, Server];
  await victim.program.kill();
  await sendMore(500); // the other broker takes it all
  brokers[0] = await startOurBroker({
    namesrvAddr: namesrv.address,
    brokerName: 'broker-a',
    config,
    port: victim.port,
    folder: victim.folder,
  });
  await sendMore(1000);
  stop = true;
  await Promise.all(workers);
  assert.deepEqual(failed, [], 'every send found a broker');
  const missing = (): string[] => {
    const got = new Set(consumed.map((message) => message.body.toString()));
    return [...acknowledged].filter((body) => !got.has(body));
  };
  await until('all that was acknowledged is consumed', 45_000, () => missing().length === 0);
  await producer.shutdown();
  await consumer.shutdown();
});

test('members share the queues of both brokers; what fails comes again and ends as a dead letter', {
  timeout: 600_000,
}, async () => {
  const { namesrv } = await startCluster();
  const topic = 'TeamWork';
  await createTopic(namesrv.address, topic);
  const tries = new Map<string, number>();
  const listener = (message: ReceivedMessage): void => {
    const body = bodyOf(message);
    tries.set(body, (tries.get(body) ?? 0) + 1);
    if (body === 'bad' || (body === 'flaky' && message.reconsumeTimes === 0)) throw new Error('not now');
  };
  const options = { maxReconsumeTimes: 1 };
  const team = await Promise.all(
    [1, 2, 3].map(() => startOurConsumer(namesrv.address, 'CG_TEAM', topic, options, listener)),
  );
  const queues = (): number[] =>
    team.map(
      ({ consumer }) => consumer.assignedMessageQueues().filter((queue) => queue.topic === topic).length,
    );
  await until('the queues are shared', 25_000, () => queues().sort().join() === '2,3,3');
  await withProducer(namesrv.address, async (producer) => {
    for (let i = 0; i < 80; i++) await producer.send({ topic, body: `${i}` });
    await producer.send({ topic, body: 'bad' });
    await producer.send({ topic, body: 'flaky' });
  });
  await until('all are consumed', 20_000, () => tries.size === 82);
  await until('both have been tried twice', 40_000, () => tries.get('bad') === 2 && tries.get('flaky') === 2);
  assert.deepEqual(
    [...tries]
      .filter(([, count]) => count > 1)
      .map(([body]) => body)
      .sort(),
    ['bad', 'flaky'],
  );
  for (const { consumer, consumed } of team) {
    assert.ok(consumed.length > 10, 'everyone had a share');
    await consumer.shutdown();
  }
});

test('in order by key, with two members and a queue that is suspended', { timeout: 600_000 }, async () => {
  const { namesrv } = await startCluster();
  const topic = 'InOrder';
  await createTopic(namesrv.address, topic);
  const seen = new Map<string, number[]>();
  let failures = 0;
  const make = (name: string): PushConsumer => {
    const consumer = new PushConsumer({
      consumerGroup: 'CG_IN_ORDER',
      namesrvAddr: namesrv.address,
      instanceName: `in-order-${name}`,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      suspendCurrentQueueTimeMillis: 50,
      logger: silentLogger,
    });
    consumer.subscribe(topic);
    consumer.registerMessageListenerOrderly(async (messages) => {
      const [order, step] = bodyOf(messages[0] as ReceivedMessage).split('/') as [string, string];
      await sleep(1);
      if (step === '5' && failures++ < 5) return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
      const steps = seen.get(order);
      if (steps === undefined) seen.set(order, [Number(step)]);
      else steps.push(Number(step));
      return ConsumeOrderlyStatus.SUCCESS;
    });
    return consumer;
  };
  const team = [make('1'), make('2')];
  for (const consumer of team) await consumer.start();
  // What a member has in hand when it gives its queue away comes again.
  const queues = () =>
    team
      .map((consumer) => consumer.assignedMessageQueues().filter((queue) => queue.topic === topic).length)
      .join();
  await until('the queues are shared', 25_000, () => queues() === '4,4');
  await withProducer(namesrv.address, async (producer) => {
    for (let step = 0; step < 10; step++) {
      for (let order = 0; order < 20; order++) {
        await producer.send(
          { topic, body: `${order}/${step}` },
          { selector: (queues, _message, id: number) => queues[id % queues.length], arg: order },
        );
      }
    }
  });
  await until('all steps are done', 60_000, () => [...seen.values()].flat().length >= 200);
  for (const steps of seen.values()) assert.deepEqual(steps, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  await Promise.all(team.map((consumer) => consumer.shutdown()));
});

test('delayed messages, batches and SQL92 expressions', { timeout: 600_000 }, async () => {
  const { namesrv } = await startCluster();
  const topic = 'Various';
  await createTopic(namesrv.address, topic);
  const got: ReceivedMessage[] = [];
  const consumer = new PushConsumer({
    consumerGroup: 'CG_VARIOUS',
    namesrvAddr: namesrv.address,
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    logger: silentLogger,
  });
  consumer.subscribe(topic, MessageSelector.bySql("kind = 'delayed' OR n BETWEEN 3 AND 5"));
  const delays: number[] = [];
  consumer.registerMessageListener((messages) => {
    got.push(...messages);
    for (const message of messages) {
      if (bodyOf(message) === 'delayed') delays.push(Date.now() - message.bornTimestamp);
    }
  });
  await consumer.start();
  await withProducer(namesrv.address, async (producer) => {
    const batch = Array.from({ length: 10 }, (_, n) => ({ topic, body: `${n}`, properties: { n: `${n}` } }));
    const result = await producer.sendBatch(batch);
    assert.equal(result.msgId.split(',').length, 10);
    await producer.send({ topic, body: 'delayed', properties: { kind: 'delayed' }, delayTimeLevel: 2 });
    await producer.send({ topic, body: 'neither', properties: { kind: 'other' } });
  });
  await until('they are consumed', 30_000, () => got.length >= 4);
  await sleep(300);
  await consumer.shutdown();
  assert.deepEqual(got.map(bodyOf).sort(), ['3', '4', '5', 'delayed']);
  assert.ok((delays[0] ?? 0) >= 950, `after ${delays[0]} ms`);
});
