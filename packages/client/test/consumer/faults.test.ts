/**
 * A bad network from a seed (CLIENT_FAULT_SEEDS=5,6 runs others): connections break, packets vanish, hosts are cut off, while messages are sent and consumed.
 * When it is over, everything that was acknowledged has been consumed, in order where order is asked for, the offsets are
 * at the ends, and nothing hangs.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  ConsumeOrderlyStatus,
  LitePullConsumer,
  Producer,
  PushConsumer,
  type ReceivedMessage,
} from '@rocketmq-ts/client';
import { SimRandom } from '@rocketmq-ts/platform/sim';
import { FakeCluster } from '../support/fake-cluster.ts';
import { SimWorld } from '../support/sim-world.ts';

const badMs = 30_000;

async function round(seed: number): Promise<void> {
  const world = new SimWorld(seed, { min: 0, max: 20 });
  const random = new SimRandom(seed);
  const cluster = await FakeCluster.start(world, ['a', 'b'], 2);
  cluster.createTopic('T', 3);
  const hosts = [...cluster.nameServers, ...cluster.brokers].map((server) => server.host);
  const clients: string[] = [];
  const base = (host: string) => {
    clients.push(host);
    return {
      namesrvAddr: cluster.namesrvAddr,
      clientIP: host,
      instanceName: 'faults',
      platform: world.platform(host),
      logger: world.log,
    };
  };
  const consumed = {
    concurrent: new Map<string, number>(),
    orderly: new Map<string, number[]>(),
    lite: new Set<string>(),
  };
  const pushers: PushConsumer[] = [];
  for (const [kind, host] of [
    ['concurrent', '10.0.7.1'],
    ['concurrent', '10.0.7.2'],
    ['orderly', '10.0.7.3'],
    ['orderly', '10.0.7.4'],
  ] as const) {
    const consumer = new PushConsumer({
      ...base(host),
      consumerGroup: `CG_${kind}`,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
    });
    consumer.subscribe('T');
    if (kind === 'concurrent') {
      consumer.registerMessageListener(async (messages) => {
        for (const message of messages) {
          const body = message.body.toString();
          const times = (consumed.concurrent.get(body) ?? 0) + 1;
          consumed.concurrent.set(body, times);
          await new Promise<void>((resolve) => world.clock.setTimeout(resolve, random.integer(50)));
          if (times === 1 && random.integer(20) === 0) throw new Error('now and then');
        }
      });
    } else {
      consumer.registerMessageListenerOrderly(async (messages) => {
        await new Promise<void>((resolve) => world.clock.setTimeout(resolve, random.integer(20)));
        if (random.integer(50) === 0) return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
        for (const message of messages) note(consumed.orderly, message);
        return ConsumeOrderlyStatus.SUCCESS;
      });
    }
    pushers.push(consumer);
  }
  const lite = new LitePullConsumer({
    ...base('10.0.7.5'),
    consumerGroup: 'CG_lite',
    consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
  });
  lite.subscribe('T');
  const producer = new Producer({ ...base('10.0.7.6'), producerGroup: 'PG' });
  await world.run(Promise.all([...pushers, lite, producer].map((each) => each.start())));
  let over = false;
  const iterating = (async () => {
    for await (const message of lite) consumed.lite.add(message.body.toString());
  })();
  const acknowledged = new Set<string>();
  const sending = (async () => {
    for (let i = 0; !over; i++) {
      await producer.send({ topic: 'T', body: `${i}` }).then(
        () => acknowledged.add(`${i}`),
        () => undefined,
      );
      await new Promise<void>((resolve) => world.clock.setTimeout(resolve, 50 + random.integer(200)));
    }
  })();
  world.network.cutChance = 0.2;
  const end = world.clock.monotonicMs() + badMs;
  while (world.clock.monotonicMs() < end) {
    const client = clients[random.integer(clients.length)] as string;
    const server = hosts[random.integer(hosts.length)] as string;
    const kind = random.integer(4);
    if (kind === 0) world.network.reset(client, server);
    else if (kind === 1) world.network.partition(client, server);
    else if (kind === 2) world.network.heal(client, server);
    else world.network.lose(client, server);
    await world.advance(random.integer(4000));
  }
  world.network.heal();
  world.network.cutChance = 0;
  over = true;
  await world.run(sending);
  const missing = (has: (body: string) => boolean): number =>
    [...acknowledged].filter((body) => !has(body)).length;
  const allConsumed = (): boolean => {
    const inOrder = new Set([...consumed.orderly.values()].flat());
    return (
      missing((body) => consumed.concurrent.has(body)) === 0 &&
      missing((body) => inOrder.has(Number(body))) === 0 &&
      missing((body) => consumed.lite.has(body)) === 0
    );
  };
  await world.until(allConsumed, 600_000, `seed ${seed}: everything acknowledged is consumed`);
  const behind = (): string[] =>
    cluster.brokers.flatMap((broker) =>
      [0, 1, 2].flatMap((id) =>
        ['CG_concurrent', 'CG_orderly', 'CG_lite']
          .filter(
            (group) => (broker.offsets.get(`T@${group}@${id}`) ?? 0) !== broker.queue('T', id).maxOffset,
          )
          .map((group) => `${group} ${broker.name} ${id}`),
      ),
    );
  await world.until(() => behind().length === 0, 120_000, `seed ${seed}: offsets are at the ends`);
  if (process.env.CLIENT_FAULT_SEEDS)
    console.log(
      `seed ${seed}: ${acknowledged.size} sent, well after ${Math.round(world.clock.monotonicMs() - end)} ms`,
    );
  await world.run(Promise.all([...pushers, lite, producer].map((each) => each.shutdown())));
  await iterating;
  assert.ok(acknowledged.size > 0);
  for (const [queue, seen] of consumed.orderly) {
    const firstTimes = seen.filter((each, index) => seen.indexOf(each) === index);
    assert.deepEqual(
      firstTimes,
      [...firstTimes].sort((a, b) => a - b),
      `seed ${seed}, queue ${queue}`,
    );
  }
}

function note(byQueue: Map<string, number[]>, message: ReceivedMessage): void {
  const key = `${message.brokerName}:${message.queueId}`;
  const seen = byQueue.get(key);
  if (seen === undefined) byQueue.set(key, [Number(message.body.toString())]);
  else seen.push(Number(message.body.toString()));
}

const seeds = process.env.CLIENT_FAULT_SEEDS?.split(',').map(Number) ?? [1, 2, 23, 32];
for (const seed of seeds) {
  test(`half a minute of a bad network, seed ${seed}`, { timeout: 600_000 }, () => round(seed));
}
