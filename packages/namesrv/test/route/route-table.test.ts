import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@rocketmq-ts/platform';
import fc from 'fast-check';
import { RouteTable } from '../../src/route/route-table.ts';

const BOUNDS = { maxBrokers: 1000, maxRoutes: 1000 };
const CHANNELS = [{}, {}, {}];
const TOPICS = ['T0', 'T1', 'T2', 'T3'];

function topic(topicName: string, perm = 6) {
  return {
    topicName,
    readQueueNums: 4,
    writeQueueNums: 4,
    perm,
    topicFilterType: 'SINGLE_TAG' as const,
    topicSysFlag: 0,
    order: false,
  };
}

type Step =
  | {
      kind: 'register';
      name: number;
      id: number;
      port: number;
      channel: number;
      counter: number;
      topics: number[];
    }
  | { kind: 'unregister'; name: number; id: number; port: number }
  | { kind: 'close'; channel: number }
  | { kind: 'wait'; ms: number }
  | { kind: 'delete'; topic: number };

const small = fc.nat({ max: 3 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('register' as const),
    name: small,
    id: fc.nat({ max: 2 }),
    port: small,
    channel: fc.nat({ max: 2 }),
    counter: fc.nat({ max: 1 }),
    topics: fc.uniqueArray(small),
  }),
  fc.record({ kind: fc.constant('unregister' as const), name: small, id: fc.nat({ max: 2 }), port: small }),
  fc.record({ kind: fc.constant('close' as const), channel: fc.nat({ max: 2 }) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.nat({ max: 200_000 }) }),
  fc.record({ kind: fc.constant('delete' as const), topic: small }),
);

function checkInvariants(routes: RouteTable): void {
  const { brokerAddrTable, clusterAddrTable } = routes.clusterInfo();
  for (const broker of brokerAddrTable.values()) {
    assert.ok(broker.brokerAddrs.size > 0, 'a broker name without addresses');
    assert.equal(new Set(broker.brokerAddrs.values()).size, broker.brokerAddrs.size, 'one address twice');
    assert.ok(
      clusterAddrTable.get(broker.cluster)?.includes(broker.brokerName),
      'a broker outside its cluster',
    );
  }
  for (const names of clusterAddrTable.values()) {
    assert.ok(names.length > 0, 'a cluster without brokers');
    for (const name of names)
      assert.ok(brokerAddrTable.has(name), 'a cluster with a broker that is not there');
  }
  for (const name of routes.topics.names) {
    const queues = routes.topics.queues(name)!;
    assert.ok(queues.length > 0, 'a topic without queues');
    assert.equal(new Set(queues.map((queue) => queue.brokerName)).size, queues.length, 'a broker twice');
    for (const queue of queues)
      assert.ok(brokerAddrTable.has(queue.brokerName), 'queues of a broker that is not there');
    assert.ok(routes.route(name) !== undefined);
  }
}

test('whatever brokers do in whatever order, the tables agree', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const routes = new RouteTable(BOUNDS, silentLogger);
      let now = 0;
      for (const each of steps) {
        if (each.kind === 'register') {
          routes.register(
            {
              clusterName: `C${each.counter}`,
              brokerName: `b${each.name}`,
              brokerAddr: `10.0.0.${each.name}:${each.port}`,
              brokerId: each.id,
              haServerAddr: '',
              dataVersion: { timestamp: 1, counter: each.counter },
              topics: each.topics.map((index) => topic(TOPICS[index]!)),
              filterServers: [],
            },
            CHANNELS[each.channel]!,
            now,
          );
        } else if (each.kind === 'unregister') {
          routes.unregister(
            `C${each.name % 2}`,
            `b${each.name}`,
            `10.0.0.${each.name}:${each.port}`,
            each.id,
          );
        } else if (each.kind === 'close') routes.channelClosed(CHANNELS[each.channel]!);
        else if (each.kind === 'delete') routes.topics.delete(TOPICS[each.topic]!);
        else {
          now += each.ms;
          routes.expire(now, 120_000);
        }
        checkInvariants(routes);
      }
      for (const channel of CHANNELS) routes.channelClosed(channel);
    }),
    { numRuns: 500 },
  );
});
