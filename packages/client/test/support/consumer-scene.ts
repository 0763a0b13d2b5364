/** A cluster with one topic, and consumers on hosts of their own. */
import { PushConsumer, type PushConsumerOptions, type ReceivedMessage } from '@rocketmq-ts/client';
import { type FakeBroker, FakeCluster } from './fake-cluster.ts';
import { SimWorld } from './sim-world.ts';

export interface ConsumerScene {
  readonly world: SimWorld;
  readonly cluster: FakeCluster;
  readonly broker: FakeBroker;
  /** A consumer of its own process, not started. */
  consumer(options?: Partial<PushConsumerOptions>): PushConsumer;
}

export async function consumerScene(brokers: readonly string[] = ['broker-a']): Promise<ConsumerScene> {
  const world = new SimWorld();
  const cluster = await FakeCluster.start(world, brokers);
  cluster.createTopic('TopicTest');
  let hosts = 0;
  return {
    world,
    cluster,
    broker: cluster.brokers[0] as FakeBroker,
    consumer(options = {}) {
      const host = `10.0.4.${++hosts}`;
      return new PushConsumer({
        consumerGroup: 'CG',
        namesrvAddr: cluster.namesrvAddr,
        clientIP: host,
        instanceName: 'test',
        platform: world.platform(host),
        logger: world.log,
        consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
        ...options,
      });
    },
  };
}

export function bodies(messages: readonly ReceivedMessage[]): string[] {
  return messages.map((message) => message.body.toString());
}

/** The offset the broker has for a queue of TopicTest. */
export function storedOffset(broker: FakeBroker, queueId: number, group = 'CG'): number | undefined {
  return broker.offsets.get(`TopicTest@${group}@${queueId}`);
}
