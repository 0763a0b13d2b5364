/**
 * The queues a producer may send a topic to, and which one is next: RocketMQ's TopicPublishInfo.
 *
 * Invariants: queues are in order of broker name, then queue id; only brokers whose route names a master and which
 * are writable are in it, unless the route carries an order configuration, which then alone decides.
 */
import { isWriteable, MASTER_ID, type TopicRouteData } from '@rocketmq-ts/protocol';
import { compareStrings, MessageQueue } from '../message/message-queue.ts';

/** A counter that starts anywhere and counts up, wrapping within the positive int32. One per producer and topic. */
export class RoundRobin {
  #next: number;

  constructor(start: number) {
    this.#next = start & 0x7fffffff;
  }

  next(): number {
    const value = this.#next;
    this.#next = (value + 1) & 0x7fffffff;
    return value;
  }
}

export class TopicPublishInfo {
  readonly topic: string;
  readonly orderTopic: boolean;
  readonly queues: readonly MessageQueue[];
  readonly #roundRobin: RoundRobin;

  constructor(topic: string, route: TopicRouteData, roundRobin: RoundRobin) {
    this.topic = topic;
    this.orderTopic = Boolean(route.orderTopicConf);
    this.queues = publishQueues(topic, route);
    this.#roundRobin = roundRobin;
  }

  /** The next queue round; with `lastBrokerName`, one of another broker if there is any. Undefined without queues. */
  selectOneMessageQueue(lastBrokerName?: string): MessageQueue | undefined {
    const { queues } = this;
    if (queues.length === 0) return undefined;
    const start = this.#roundRobin.next() % queues.length;
    if (lastBrokerName === undefined) return queues[start];
    for (let i = 0; i < queues.length; i++) {
      const queue = queues[(start + i) % queues.length];
      if (queue.brokerName !== lastBrokerName) return queue;
    }
    return queues[start];
  }

  /** The next queue of one broker, or undefined when it has none here. */
  selectOnBroker(brokerName: string): MessageQueue | undefined {
    const own = this.queues.filter((queue) => queue.brokerName === brokerName);
    return own.length === 0 ? undefined : own[this.#roundRobin.next() % own.length];
  }
}

/** The writable queues of a route, in Java's order. */
export function publishQueues(topic: string, route: TopicRouteData): MessageQueue[] {
  const queues: MessageQueue[] = [];
  if (route.orderTopicConf) {
    for (const { brokerName, queueNums } of parseOrderTopicConf(route.orderTopicConf)) {
      for (let id = 0; id < queueNums; id++) queues.push(new MessageQueue(topic, brokerName, id));
    }
    return queues;
  }
  const masters = new Set(
    route.brokerDatas
      .filter((broker) => broker.brokerAddrs.has(MASTER_ID))
      .map((broker) => broker.brokerName),
  );
  const queueDatas = [...route.queueDatas].sort((a, b) => compareStrings(a.brokerName, b.brokerName));
  for (const data of queueDatas) {
    if (!isWriteable(data.perm) || !masters.has(data.brokerName)) continue;
    for (let id = 0; id < data.writeQueueNums; id++)
      queues.push(new MessageQueue(topic, data.brokerName, id));
  }
  return queues;
}

/** `broker-a:4;broker-b:4`; items that are not of this form are left out. */
function parseOrderTopicConf(conf: string): { brokerName: string; queueNums: number }[] {
  const items: { brokerName: string; queueNums: number }[] = [];
  for (const item of conf.split(';')) {
    const colon = item.lastIndexOf(':');
    const queueNums = Number(item.slice(colon + 1));
    if (colon > 0 && Number.isSafeInteger(queueNums) && queueNums > 0) {
      items.push({ brokerName: item.slice(0, colon), queueNums });
    }
  }
  return items;
}
