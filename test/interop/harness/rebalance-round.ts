/**
 * A group whose members come and go every second while a producer sends: nothing is lost, and after each change every queue
 * settles with one member. Our broker as a process, our clients in this one. Odd seeds consume concurrently, even ones in order:
 * then no queue is at two members at a time, and no message comes before an earlier one of its queue.
 */
import assert from 'node:assert/strict';
import { Producer, PushConsumer, type ReceivedMessage } from '@rocketmq-ts/client';
import { silentLogger } from '@rocketmq-ts/platform';
import { startOurBroker, startOurNamesrv } from './ours.ts';
import { killPair, sleep, startPair, until } from './pair.ts';
import { SLOWER } from './slow-machine.ts';

const TOPIC = 'Rebalance';
const QUEUES = 16;
const MAX_MEMBERS = 6;
const BETWEEN_CHANGES_MS = 1000;
/** A queue may wait for its lock to be given up. */
const SETTLE_LIMIT_MS = 30_000 * SLOWER;
const SENT_AT_ONCE = 20;
const BETWEEN_SENDS_MS = 10;

export interface RebalanceRoundResult {
  readonly mode: string;
  readonly changes: number;
  readonly sent: number;
  /** Deliveries beyond one of each message: what a member had in hand when it gave its queue away. */
  readonly again: number;
  readonly settleMsMedian: number;
  readonly settleMsMax: number;
}

export async function rebalanceRound(
  seed: number,
  seconds: number,
  signal?: AbortSignal,
): Promise<RebalanceRoundResult> {
  const pair = await startPair(startOurNamesrv, startOurBroker, {
    config: { defaultTopicQueueNums: QUEUES },
  });
  const group = new Group(pair.namesrv.address, seed % 2 === 0, seed);
  const load = new Load(pair.namesrv.address);
  try {
    await load.start();
    await group.join();
    const settles: number[] = [];
    for (let change = 0; change < seconds && !signal?.aborted; change++) {
      const nextMs = performance.now() + BETWEEN_CHANGES_MS;
      await group.change();
      settles.push(await group.settle());
      await sleep(Math.max(0, nextMs - performance.now()));
    }
    const sent = await load.stop();
    await until(`all ${sent} are consumed`, 60_000, () => group.seen.size >= sent);
    await sleep(500);
    assert.equal(group.seen.size, sent);
    assert.deepEqual(group.faults, []);
    settles.sort((a, b) => a - b);
    return {
      mode: seed % 2 === 0 ? 'orderly' : 'concurrent',
      changes: settles.length,
      sent,
      again: group.deliveries - sent,
      settleMsMedian: Math.round(settles[settles.length >> 1] ?? 0),
      settleMsMax: Math.round(settles.at(-1) ?? 0),
    };
  } finally {
    await load.stop();
    await group.leaveAll();
    await killPair(pair);
  }
}

class Group {
  readonly seen = new Set<string>();
  readonly faults: string[] = [];
  deliveries = 0;
  readonly #namesrvAddr: string;
  readonly #orderly: boolean;
  readonly #members: PushConsumer[] = [];
  readonly #nextOffset = new Map<number, number>();
  readonly #busy = new Map<number, string>();
  #joined = 0;
  #state: number;

  constructor(namesrvAddr: string, orderly: boolean, seed: number) {
    this.#namesrvAddr = namesrvAddr;
    this.#orderly = orderly;
    this.#state = Math.imul(seed, 0x9e3779b1);
  }

  async join(): Promise<void> {
    const name = `member-${++this.#joined}`;
    const consumer = new PushConsumer({
      consumerGroup: 'CG_REBALANCE',
      namesrvAddr: this.#namesrvAddr,
      instanceName: name,
      consumeFromWhere: 'CONSUME_FROM_FIRST_OFFSET',
      logger: silentLogger,
    });
    consumer.subscribe(TOPIC);
    if (this.#orderly) {
      consumer.registerMessageListenerOrderly(async (messages, { messageQueue }) => {
        await this.#inOrder(name, messageQueue.queueId, messages);
      });
    } else {
      consumer.registerMessageListener((messages) => {
        for (const message of messages) this.#note(message);
      });
    }
    this.#members.push(consumer);
    await consumer.start();
  }

  async change(): Promise<void> {
    const leaves = this.#members.length > 1 && (this.#members.length === MAX_MEMBERS || this.#random() < 0.5);
    if (!leaves) return this.join();
    const [member] = this.#members.splice(Math.floor(this.#random() * this.#members.length), 1);
    await member?.shutdown();
  }

  /** Milliseconds until every queue is at exactly one member. */
  async settle(): Promise<number> {
    const startMs = performance.now();
    const isSettled = () => {
      const owned = this.#members.flatMap((member) =>
        member
          .assignedMessageQueues()
          .filter(({ topic }) => topic === TOPIC)
          .map(({ queueId }) => queueId),
      );
      return owned.length === QUEUES && new Set(owned).size === QUEUES;
    };
    while (!isSettled()) {
      if (performance.now() - startMs > SETTLE_LIMIT_MS) {
        throw new Error(`after ${SETTLE_LIMIT_MS} ms some queue is at no member or at two`);
      }
      await sleep(10);
    }
    return performance.now() - startMs;
  }

  async leaveAll(): Promise<void> {
    await Promise.all(this.#members.splice(0).map((member) => member.shutdown()));
  }

  #note(message: ReceivedMessage): void {
    this.deliveries++;
    this.seen.add(message.body.toString());
  }

  async #inOrder(name: string, queueId: number, messages: readonly ReceivedMessage[]): Promise<void> {
    const other = this.#busy.get(queueId);
    if (other !== undefined) this.faults.push(`queue ${queueId} is at ${other} and at ${name}`);
    this.#busy.set(queueId, name);
    for (const message of messages) {
      const next = this.#nextOffset.get(queueId) ?? 0;
      if (message.queueOffset > next) this.faults.push(`${message.queueOffset} before ${next} in ${queueId}`);
      if (message.queueOffset === next) this.#nextOffset.set(queueId, next + 1);
      this.#note(message);
    }
    await new Promise(setImmediate);
    this.#busy.delete(queueId);
  }

  #random(): number {
    this.#state = (Math.imul(this.#state, 1664525) + 1013904223) | 0;
    return (this.#state >>> 0) / 4294967296;
  }
}

class Load {
  readonly #producer: Producer;
  #sent = 0;
  #stopped = false;
  #running: Promise<void> | undefined;

  constructor(namesrvAddr: string) {
    const producerGroup = 'PG_REBALANCE';
    this.#producer = new Producer({
      producerGroup,
      namesrvAddr,
      defaultTopicQueueNums: QUEUES,
      sendMsgTimeout: 60_000,
      logger: silentLogger,
    });
  }

  /** Resolves once the topic is there. */
  async start(): Promise<void> {
    await this.#producer.start();
    await this.#send();
    this.#running = this.#run();
  }

  /** Answers how many were stored. */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#running;
    await this.#producer.shutdown();
    return this.#sent;
  }

  async #run(): Promise<void> {
    while (!this.#stopped) {
      await Promise.all(Array.from({ length: SENT_AT_ONCE }, () => this.#send()));
      await sleep(BETWEEN_SENDS_MS);
    }
  }

  async #send(): Promise<void> {
    const result = await this.#producer.send({ topic: TOPIC, body: String(this.#sent++) });
    assert.equal(result.sendStatus, 'SEND_OK');
  }
}
