/** Every strategy against what the official 4.4.0 classes gave for the same inputs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import {
  AllocateMachineRoomNearby,
  AllocateMessageQueueAveragely,
  AllocateMessageQueueAveragelyByCircle,
  AllocateMessageQueueByConfig,
  AllocateMessageQueueByMachineRoom,
  AllocateMessageQueueConsistentHash,
  type AllocateMessageQueueStrategy,
  MessageQueue,
} from '@rocketmq-ts/client';

interface Vector {
  readonly strategy: string;
  readonly brokers: readonly string[];
  readonly queues: number;
  readonly cids: readonly string[];
  /** By client id: `broker:queueId`. */
  readonly result: Readonly<Record<string, readonly string[]>>;
}

const vectors: Vector[] = JSON.parse(
  readFileSync(new URL('../../../test/fixtures/allocation-4.4.0.json', import.meta.url), 'utf8'),
);

const strategies: Record<string, AllocateMessageQueueStrategy> = {
  AVG: new AllocateMessageQueueAveragely(),
  AVG_BY_CIRCLE: new AllocateMessageQueueAveragelyByCircle(),
  CONFIG: new AllocateMessageQueueByConfig([
    { topic: 'T', brokerName: 'broker-a', queueId: 1 },
    { topic: 'T', brokerName: 'broker-b', queueId: 0 },
  ]),
  MACHINE_ROOM: new AllocateMessageQueueByMachineRoom(['idc1']),
  CONSISTENT_HASH: new AllocateMessageQueueConsistentHash(),
  'CONSISTENT_HASH/3': new AllocateMessageQueueConsistentHash(3),
  'MACHINE_ROOM_NEARBY-AVG': new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), {
    brokerDeployIn: (queue) => queue.brokerName.split('@')[0] ?? '',
    consumerDeployIn: (clientId) => clientId.split('-')[0] ?? '',
  }),
};

for (const [name, strategy] of Object.entries(strategies)) {
  test(`${name} gives what Java gives`, () => {
    const own = vectors.filter((vector) => vector.strategy === name);
    assert.ok(own.length > 0);
    assert.equal(strategy.name, name.split('/')[0]);
    for (const vector of own) {
      const queues = vector.brokers.flatMap((broker) =>
        Array.from({ length: vector.queues }, (_, id) => new MessageQueue('TopicTest', broker, id)),
      );
      for (const [clientId, expected] of Object.entries(vector.result)) {
        const found = strategy.allocate('G', clientId, queues, vector.cids);
        assert.deepEqual(
          found.map((queue) => `${queue.brokerName}:${queue.queueId}`),
          expected,
          `${clientId} of ${vector.cids} over ${vector.brokers} x ${vector.queues}`,
        );
      }
    }
  });
}

test('an unknown machine room is an error that names the queue', () => {
  const nearby = new AllocateMachineRoomNearby(new AllocateMessageQueueAveragely(), {
    brokerDeployIn: () => '',
    consumerDeployIn: () => 'a',
  });
  assert.throws(() => nearby.allocate('G', 'c', [new MessageQueue('T', 'b', 0)], ['c']), /brokerName=b/);
});

test('virtual nodes must be a count', () => {
  assert.throws(() => new AllocateMessageQueueConsistentHash(-1), RangeError);
});
