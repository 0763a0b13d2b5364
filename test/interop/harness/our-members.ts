/** Members of our client, in this process. */
import {
  AllocateMessageQueueAveragely,
  AllocateMessageQueueAveragelyByCircle,
  AllocateMessageQueueByConfig,
  AllocateMessageQueueByMachineRoom,
  AllocateMessageQueueConsistentHash,
  type AllocateMessageQueueStrategy,
  type ConsumeConcurrentlyStatus,
  type ConsumeOrderlyStatus,
  PushConsumer,
  type ReceivedMessage,
} from '@rocketmq-ts/client';
import { type Platform, realPlatform, silentLogger } from '@rocketmq-ts/platform';
import type { MembersOptions } from './members.ts';
import { Answers, type Delivery, type Member, type MemberOptions, type Members } from './members.ts';

const CONSUMER_SEND_MSG_BACK = 36;
const MINUTE_MS = 60_000;

export async function startOurMembers(namesrvAddr: string, options: MembersOptions = {}): Promise<Members> {
  const members: OurMember[] = [];
  return {
    async start(given) {
      const member = new OurMember(namesrvAddr, given, options.offsetsFolder);
      members.push(member);
      await member.consumer.start();
      return member;
    },
    async end() {
      await Promise.all(members.map((member) => member.stop()));
    },
  };
}

class OurMember implements Member {
  readonly consumer: PushConsumer;
  readonly #topic: string;
  readonly #consumed: Delivery[] = [];
  readonly #clock = new SkippingClock();

  constructor(namesrvAddr: string, options: MemberOptions, offsetsFolder: string | undefined) {
    const { group, topic, from, timestamp, model, maxReconsumeTimes } = options;
    this.#topic = topic;
    let refusals = options.refusedSendBacks ?? 0;
    this.consumer = new PushConsumer({
      consumerGroup: group,
      namesrvAddr,
      clientIP: '127.0.0.1',
      instanceName: options.instance,
      consumeFromWhere: from ?? 'CONSUME_FROM_FIRST_OFFSET',
      ...(timestamp && { consumeTimestamp: timestamp }),
      ...(model && { messageModel: model }),
      ...(maxReconsumeTimes && { maxReconsumeTimes }),
      ...(offsetsFolder && { localOffsetStoreDir: offsetsFolder }),
      ...(options.strategy && { allocateMessageQueueStrategy: strategyOf(options) }),
      suspendCurrentQueueTimeMillis: 200,
      consumeTimeout: 1,
      rpcHook: {
        doBeforeRequest(_address, { code }) {
          if (code === CONSUMER_SEND_MSG_BACK && refusals-- > 0) throw new Error('refused by the test');
        },
      },
      logger: silentLogger,
      platform: this.#clock.platform,
    });
    this.consumer.subscribe(topic);
    const answers = new Answers(options.answers);
    if (options.orderly) {
      this.consumer.registerMessageListenerOrderly(([message], context) => {
        context.autoCommit = !options.manualCommit;
        this.#note(message);
        return (answers.next(textOf(message)) ?? 'SUCCESS') as ConsumeOrderlyStatus;
      });
    } else {
      this.consumer.registerMessageListener(async ([message], { signal }) => {
        this.#note(message);
        const answer = answers.next(textOf(message)) ?? 'CONSUME_SUCCESS';
        if (answer === 'THROW') throw new Error('an exception is a failure');
        if (answer !== 'HANG') return answer as ConsumeConcurrentlyStatus;
        return new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
      });
    }
  }

  #note(message: ReceivedMessage | undefined): void {
    if (message === undefined) throw new Error('a call of the listener without a message');
    const { topic, queueId, queueOffset, reconsumeTimes, msgId, storeTimestamp } = message;
    const properties = Object.fromEntries(message.properties);
    const body = textOf(message);
    const delivery = { body, topic, queueId, queueOffset, reconsumeTimes, msgId, storeTimestamp, properties };
    this.#consumed.push({ ...delivery, atMs: Date.now() });
  }

  consumed(): readonly Delivery[] {
    return this.#consumed;
  }

  share(): readonly number[] {
    return this.consumer
      .assignedMessageQueues()
      .filter(({ topic }) => topic === this.#topic)
      .map(({ queueId }) => queueId)
      .sort((a, b) => a - b);
  }

  stop(): Promise<void> {
    return this.consumer.shutdown();
  }

  async suspend(): Promise<void> {
    this.consumer.suspend();
  }

  async resume(): Promise<void> {
    this.consumer.resume();
  }

  async expire(): Promise<void> {
    this.#clock.skipMinutes();
  }
}

/** The real clock, but minutes can be skipped: what is done once a minute is then done at once. */
class SkippingClock {
  readonly platform: Platform;
  readonly #everyMinute = new Set<() => void>();
  #skippedMs = 0;

  constructor() {
    const real = realPlatform();
    const { clock } = real;
    this.platform = {
      ...real,
      clock: {
        now: () => clock.now(),
        monotonicMs: () => clock.monotonicMs() + this.#skippedMs,
        setTimeout: (run, delayMs) => clock.setTimeout(run, delayMs),
        setImmediate: (run) => clock.setImmediate(run),
        setInterval: (run, periodMs) => {
          if (periodMs === MINUTE_MS) this.#everyMinute.add(run);
          return clock.setInterval(run, periodMs);
        },
      },
    };
  }

  skipMinutes(): void {
    this.#skippedMs += 1.5 * MINUTE_MS;
    for (const run of this.#everyMinute) run();
  }
}

export function strategyOf(options: MemberOptions): AllocateMessageQueueStrategy {
  const { topic, broker = '', queues = [], rooms = [] } = options;
  switch (options.strategy) {
    case 'AVG_BY_CIRCLE':
      return new AllocateMessageQueueAveragelyByCircle();
    case 'CONSISTENT_HASH':
      return new AllocateMessageQueueConsistentHash();
    case 'MACHINE_ROOM':
      return new AllocateMessageQueueByMachineRoom(rooms);
    case 'CONFIG':
      return new AllocateMessageQueueByConfig(
        queues.map((queueId) => ({ topic, brokerName: broker, queueId })),
      );
    default:
      return new AllocateMessageQueueAveragely();
  }
}

function textOf(message: ReceivedMessage | undefined): string {
  return message?.body.toString() ?? '';
}
