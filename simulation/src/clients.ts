/**
 * Owns the applications of a simulated cluster: producers that send one message after the other, consumers of one group, and an
 * observer that asks the broker for the group's offsets. They die and come back; what they saw is in the history.
 */
import {
  ConsumeConcurrentlyStatus,
  ConsumeOrderlyStatus,
  LocalTransactionState,
  MessageQueue,
  PullConsumer,
  PushConsumer,
  type ReceivedMessage,
  SendStatus,
  TransactionProducer,
} from '@rocketmq-ts/client';
import type { Logger } from '@rocketmq-ts/platform';
import { silentLogger } from '@rocketmq-ts/platform';
import type { SimClock, SimRandom } from '@rocketmq-ts/platform/sim';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { RemotingClient } from '@rocketmq-ts/remoting';
import type { History, Send } from './history.ts';
import type { Scenario } from './scenario.ts';
import type { SimHost, SimProcess } from './sim-host.ts';

export const TOPIC = 'T';
export const GROUP = 'G';
export const RETRY_TOPIC = `%RETRY%${GROUP}`;

export interface ClientSettings {
  readonly clock: SimClock;
  readonly history: History;
  readonly random: SimRandom;
  readonly scenario: Scenario;
  readonly namesrvAddr: string;
  readonly logger: Logger;
}

export const queueName = (queue: { brokerName: string; topic: string; queueId: number }): string =>
  `${queue.brokerName}/${queue.topic}/${queue.queueId}`;

function sleep(process: SimProcess, ms: number): Promise<void> {
  return new Promise((resolve) => {
    process.platform.clock.setTimeout(resolve, ms);
  });
}

/** Sends one message at a time, each in its own words, until told to stop. */
export class ProducerNode {
  readonly host: SimHost;
  readonly #settings: ClientSettings;
  readonly #name: string;
  #sequence = 0;
  stopped = false;
  /** It lives, and sends no more. */
  isDone = false;

  constructor(host: SimHost, settings: ClientSettings, index: number) {
    this.host = host;
    this.#settings = settings;
    this.#name = `p${index}`;
  }

  start(): void {
    if (this.host.process !== undefined) return;
    const process = this.host.boot();
    this.isDone = false;
    this.#run(process).then(
      () => {
        this.isDone = process.alive;
      },
      (error: unknown) => {
        if (process.alive) this.#settings.history.errors.push(`producer: ${String((error as Error).stack)}`);
      },
    );
  }

  kill(): void {
    this.isDone = false;
    this.host.end();
  }

  async #run(process: SimProcess): Promise<void> {
    const { scenario, random, namesrvAddr, logger, history } = this.#settings;
    const decided = (id: string): LocalTransactionState => {
      const send = history.byId.get(id);
      if (send === undefined || send.kind === 'rollback') return LocalTransactionState.ROLLBACK_MESSAGE;
      if (send.decidedMs === undefined && send.error === undefined) {
        // Its local transaction was never run, or is about to be, here or at another producer: nobody may see the message.
        return LocalTransactionState.UNKNOW;
      }
      return send.decidedMs === undefined
        ? LocalTransactionState.ROLLBACK_MESSAGE
        : LocalTransactionState.COMMIT_MESSAGE;
    };
    const producer = new TransactionProducer<Send>({
      producerGroup: 'P',
      instanceName: `${this.#name}-${this.host.lives}`,
      clientIP: this.host.address,
      namesrvAddr,
      platform: process.platform,
      logger,
      retryTimesWhenSendFailed: scenario.sendRetries,
      defaultTopicQueueNums: scenario.queues,
      pollNameServerInterval: 5000,
      transactionListener: {
        executeLocalTransaction: ({ arg }) => {
          if (arg.kind === 'rollback') return LocalTransactionState.ROLLBACK_MESSAGE;
          arg.decidedMs = this.#settings.clock.monotonicMs();
          return random.integer(4) === 0
            ? LocalTransactionState.UNKNOW
            : LocalTransactionState.COMMIT_MESSAGE;
        },
        checkLocalTransaction: (message) => decided(idOf(message)),
      },
    });
    await producer.start();
    // At least one, also after the end: a producer that never sent anything knows no broker, and cannot be asked.
    do {
      await this.#sendOne(producer);
      await sleep(process, 1 + random.integer(2 * scenario.sendEveryMs));
    } while (!this.stopped);
    // Stays in its group: the broker may still ask about transactions.
  }

  async #sendOne(producer: TransactionProducer<Send>): Promise<void> {
    const { scenario, random, history } = this.#settings;
    const id = `${this.#name}-${this.#sequence++}`;
    const share = random.integer(1000) / 1000;
    let kind: Send['kind'] = 'plain';
    if (share < scenario.transactionChance) kind = random.integer(3) === 0 ? 'rollback' : 'commit';
    else if (share < scenario.transactionChance + scenario.delayChance) kind = 'delayed';
    const send = history.invoke(id, this.#name, kind);
    const body = id.padEnd(Math.max(id.length + 1, random.integer(scenario.bodyBytes)), '.');
    const message = {
      topic: TOPIC,
      body,
      tags: 'A',
      keys: id,
      ...(kind === 'delayed' ? { delayTimeLevel: 1 + random.integer(5) } : {}),
    };
    try {
      const result =
        kind === 'commit' || kind === 'rollback'
          ? await producer.sendMessageInTransaction(message, send)
          : await producer.send(message);
      // A delayed or half message waits elsewhere: where it will be is not known yet.
      const queue = kind === 'plain' ? queueName(result.messageQueue) : '';
      history.acknowledged(send, result.sendStatus, queue, result.queueOffset);
    } catch (error) {
      history.failed(send, error);
    }
  }
}

export function idOf(message: ReceivedMessage): string {
  return message.body.toString().replace(/\.+$/, '');
}

/** A member of the group. */
export class ConsumerNode {
  readonly host: SimHost;
  readonly #settings: ClientSettings;
  readonly #name: string;
  #consumer: PushConsumer | undefined;

  constructor(host: SimHost, settings: ClientSettings, index: number) {
    this.host = host;
    this.#settings = settings;
    this.#name = `c${index}`;
  }

  start(): void {
    if (this.host.process !== undefined) return;
    const process = this.host.boot();
    const { scenario, namesrvAddr, logger, history } = this.#settings;
    const consumer = new PushConsumer({
      consumerGroup: GROUP,
      instanceName: `${this.#name}-${this.host.lives}`,
      clientIP: this.host.address,
      namesrvAddr,
      platform: process.platform,
      logger,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      pollNameServerInterval: 5000,
      persistConsumerOffsetInterval: 2000,
      consumeMessageBatchMaxSize: 1,
    });
    consumer.subscribe(TOPIC, '*');
    const name = `${this.#name}-${this.host.lives}`;
    if (scenario.orderly) {
      consumer.registerMessageListenerOrderly(async (messages, context) =>
        (await this.#consume(process, name, messages, context.messageQueue))
          ? ConsumeOrderlyStatus.SUCCESS
          : ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT,
      );
    } else {
      consumer.registerMessageListener(async (messages, context) =>
        (await this.#consume(process, name, messages, context.messageQueue))
          ? ConsumeConcurrentlyStatus.CONSUME_SUCCESS
          : ConsumeConcurrentlyStatus.RECONSUME_LATER,
      );
    }
    this.#consumer = consumer;
    consumer.start().catch((error: unknown) => {
      if (process.alive) history.errors.push(`consumer: ${String((error as Error).stack)}`);
    });
  }

  kill(): void {
    this.host.end();
    this.#consumer = undefined;
  }

  async stop(): Promise<void> {
    const { process } = this.host;
    await this.#consumer?.shutdown();
    if (process?.alive) this.kill();
  }

  async #consume(
    process: SimProcess,
    name: string,
    messages: readonly ReceivedMessage[],
    queue: MessageQueue,
  ): Promise<boolean> {
    const { scenario, random, history } = this.#settings;
    const message = messages[0] as ReceivedMessage;
    const delivery = history.delivered(name, queueName(queue), message.queueOffset, idOf(message));
    if (scenario.listenerMs > 0) await sleep(process, random.integer(scenario.listenerMs));
    const later = random.integer(1000) < scenario.laterChance * 1000;
    if (process.alive) history.end(delivery, later ? 'later' : 'success');
    return !later;
  }
}

/** Looks at the broker from outside. */
export class Observer {
  readonly #settings: ClientSettings;
  readonly #process: SimProcess;
  readonly #remoting: RemotingClient;

  constructor(host: SimHost, settings: ClientSettings) {
    this.#settings = settings;
    this.#process = host.boot();
    this.#remoting = new RemotingClient({ platform: this.#process.platform, logger: silentLogger });
  }

  /** Asks for the group's offsets of every queue; what is not answered is not noted. */
  async lookAtOffsets(address: string): Promise<void> {
    const { history, scenario } = this.#settings;
    const queues: [string, number][] = [[RETRY_TOPIC, 0]];
    for (let queueId = 0; queueId < scenario.queues; queueId++) queues.push([TOPIC, queueId]);
    for (const [topic, queueId] of queues) {
      try {
        const ext = { consumerGroup: GROUP, topic, queueId };
        const answer = await this.#remoting.invoke(
          `${address}:10911`,
          { code: RequestCode.QUERY_CONSUMER_OFFSET, ext },
          1000,
        );
        if (answer.code !== ResponseCode.SUCCESS) continue;
        history.offsetStored(`broker-a/${topic}/${queueId}`, Number(answer.ext.get('offset')));
      } catch {
        // The broker is down, or the network is.
        return;
      }
    }
  }

  /** What the queues hold: ids by offset. */
  async readQueues(): Promise<Map<string, Map<number, string>>> {
    const { namesrvAddr, logger } = this.#settings;
    const consumer = new PullConsumer({
      consumerGroup: 'observer',
      instanceName: 'observer',
      clientIP: '10.0.5.1',
      namesrvAddr,
      platform: this.#process.platform,
      logger,
    });
    const found = new Map<string, Map<number, string>>();
    try {
      await consumer.start();
      await this.#readInto(found, consumer);
    } finally {
      await consumer.shutdown();
    }
    return found;
  }

  async #readInto(found: Map<string, Map<number, string>>, consumer: PullConsumer): Promise<void> {
    const { scenario } = this.#settings;
    for (let queueId = 0; queueId < scenario.queues; queueId++) {
      const queue = new MessageQueue(TOPIC, 'broker-a', queueId);
      const ids = new Map<number, string>();
      found.set(queueName(queue), ids);
      const max = await consumer.maxOffset(queue);
      for (let offset = await consumer.minOffset(queue); offset < max; ) {
        const result = await consumer.pull(queue, '*', offset, 32);
        for (const message of result.msgFoundList) ids.set(message.queueOffset, idOf(message));
        if (result.nextBeginOffset <= offset) break;
        offset = result.nextBeginOffset;
      }
    }
  }
}

/** Statuses that say that the message is stored, at least at the master. */
export const STORED: readonly string[] = Object.values(SendStatus);
