/**
 * Namespaces: a prefix of topics and groups that the application does not see. 4.4.0 has none; this is the convention of
 * later releases (NamespaceUtil), which needs nothing of the broker:
 *
 *     topic      NS%topic
 *     group      NS%group
 *     its retry  %RETRY%NS%group, %DLQ%NS%group
 *
 * Invariants: wrapping what is wrapped, and what belongs to the system, changes nothing; what is handed to the application
 * is without the prefix, what goes to brokers and name servers is with it.
 */
import {
  BENCHMARK_TOPIC,
  DEFAULT_TOPIC,
  DLQ_TOPIC_PREFIX,
  isSystemGroup,
  isSystemTopic,
  type MessageQueue as MessageQueueFields,
  OFFSET_MOVED_EVENT,
  RETRY_TOPIC_PREFIX,
  SCHEDULE_TOPIC,
  SELF_TEST_TOPIC,
  TRACE_TOPIC,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
} from '@rocketmq-ts/protocol';
import { MQClientError } from './errors.ts';
import { MessageQueue } from './message/message-queue.ts';

const separator = '%';
const legal = /^[a-zA-Z0-9_-]+$/;
/** Topics of the brokers, one for all (4.9.4's list). */
const shared = new Set([
  DEFAULT_TOPIC,
  TRACE_TOPIC,
  SCHEDULE_TOPIC,
  BENCHMARK_TOPIC,
  SELF_TEST_TOPIC,
  OFFSET_MOVED_EVENT,
  TRANS_HALF_TOPIC,
  TRANS_OP_HALF_TOPIC,
]);

export class Namespace {
  readonly name: string;
  readonly #prefix: string;

  /** '' is none. Throws CLIENT_CONFIG_ILLEGAL. */
  constructor(name: string) {
    if (name !== '' && !legal.test(name)) {
      throw new MQClientError(
        'CLIENT_CONFIG_ILLEGAL',
        `namespace is "${name}"; it may hold letters, digits, _ and -`,
      );
    }
    this.name = name;
    this.#prefix = name === '' ? '' : name + separator;
  }

  /** A topic or group as brokers know it. What is no text is left as it is, for whoever checks it. */
  wrap(resource: string): string {
    if (this.#prefix === '' || typeof resource !== 'string' || resource === '') return resource;
    if (isSystemTopic(resource) || isSystemGroup(resource) || shared.has(resource)) return resource;
    const kind = kindOf(resource);
    const bare = resource.slice(kind.length);
    return bare.startsWith(this.#prefix) ? resource : kind + this.#prefix + bare;
  }

  /** A topic or group as the application knows it. */
  strip(resource: string): string {
    if (this.#prefix === '') return resource;
    const kind = kindOf(resource);
    const bare = resource.slice(kind.length);
    return bare.startsWith(this.#prefix) ? kind + bare.slice(this.#prefix.length) : resource;
  }

  wrapQueue(queue: MessageQueueFields): MessageQueue {
    return this.#prefix === '' ? MessageQueue.from(queue) : withTopic(queue, this.wrap(queue.topic));
  }

  stripQueue(queue: MessageQueueFields): MessageQueue {
    return this.#prefix === '' ? MessageQueue.from(queue) : withTopic(queue, this.strip(queue.topic));
  }

  /** Gives the message the topic that the application knows. */
  stripMessage<M extends { topic: string }>(message: M): M {
    if (this.#prefix !== '') message.topic = this.strip(message.topic);
    return message;
  }
}

export const noNamespace = new Namespace('');

function kindOf(resource: string): string {
  if (resource.startsWith(RETRY_TOPIC_PREFIX)) return RETRY_TOPIC_PREFIX;
  return resource.startsWith(DLQ_TOPIC_PREFIX) ? DLQ_TOPIC_PREFIX : '';
}

function withTopic(queue: MessageQueueFields, topic: string): MessageQueue {
  return queue.topic === topic
    ? MessageQueue.from(queue)
    : new MessageQueue(topic, queue.brokerName, queue.queueId);
}
