/**
 * `startMonitoring`: looks every minute how far groups with members are behind and what the members say, and reports, as it
 * happens, consumers that asked for messages that are not there. Runs until it is stopped. Counterpart: MonitorService,
 * DefaultMonitorListener.
 *
 * Java writes this into its log; here it is printed, with what could not be looked at.
 */
import {
  type ClientConnection,
  type ConsumerRunningInfo,
  decodeOffsetMovedEvent,
  isRetryTopic,
  type MessageExt,
  type MessageQueue,
  MQVersion,
  messageQueueKey,
  OFFSET_MOVED_EVENT,
  type OffsetWrapper,
  RETRY_TOPIC_PREFIX,
} from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { describeError } from '../admin-error.ts';
import type { Command, CommandContext } from '../command-line/command.ts';
import { queueText } from '../text/java-text.ts';
import { analyzeProcessQueue, sameSubscriptions } from '../text/running-info-text.ts';

const FIRST_ROUND_MS = 20_000;
const ROUND_MS = 60_000;
const EVENTS_MS = 5_000;
const PREFIX = '[MONITOR] ';

export const command: Command = {
  name: 'startMonitoring',
  options: [{ long: 'once', description: 'One round, at once', argument: false, required: false }],
  async run(context) {
    const events = new OffsetMovedEvents(context);
    await events.find();
    if (context.options.has('once')) {
      await round(context);
      await events.report();
      return;
    }
    for (let untilRoundMs = FIRST_ROUND_MS; ; untilRoundMs -= EVENTS_MS) {
      try {
        if (untilRoundMs <= 0) {
          untilRoundMs = ROUND_MS;
          await round(context);
        }
        await events.report();
      } catch (error) {
        // Whoever watches a cluster wants to go on watching it when a server was away for a while.
        context.report.line(`${PREFIX}cut short: ${describeError(error)}`);
        context.report.item({ kind: 'skipped', reason: describeError(error) });
      }
      await context.sleep(EVENTS_MS);
    }
  },
};

async function round(context: CommandContext): Promise<void> {
  const { admin, report } = context;
  report.line(`${PREFIX}=========================================beginRound`);
  for (const retry of (await admin.fetchAllTopicList()).filter(isRetryTopic).sort()) {
    const consumerGroup = retry.slice(RETRY_TOPIC_PREFIX.length);
    try {
      const { connectionSet } = await admin.examineConsumerConnectionInfo(consumerGroup);
      await reportUndone(context, consumerGroup).catch((error: unknown) => {
        skipped(context, consumerGroup, `offsets of ${consumerGroup}`, error);
      });
      await reportMembers(context, consumerGroup, connectionSet);
    } catch (error) {
      skipped(context, consumerGroup, consumerGroup, error);
    }
  }
  report.line(`${PREFIX}=========================================endRound`);
}

/** 4.4.0 says nothing of what it could not look at. */
function skipped({ report }: CommandContext, consumerGroup: string, what: string, error: unknown): void {
  const reason = describeError(error);
  report.line(`${PREFIX}${what} cannot be looked at: ${reason}`);
  report.item({ kind: 'skipped', consumerGroup, reason });
}

async function reportUndone({ admin, report }: CommandContext, consumerGroup: string): Promise<void> {
  const { offsetTable } = await admin.examineConsumeStats(consumerGroup);
  const topics = new Map<string, [MessageQueue, OffsetWrapper][]>();
  for (const [queue, position] of offsetTable) {
    const queues = topics.get(queue.topic) ?? [];
    topics.set(queue.topic, queues);
    queues.push([queue, position]);
  }
  for (const topic of [...topics.keys()].sort()) {
    const undone = await undoneOf(admin, topics.get(topic) ?? []);
    const { undoneMsgsTotal, undoneMsgsSingleMQ, undoneMsgsDelayTimeMills } = undone;
    report.line(
      `${PREFIX}reportUndoneMsgs: UndoneMsgs [consumerGroup=${consumerGroup}, topic=${topic}, ` +
        `undoneMsgsTotal=${undoneMsgsTotal}, undoneMsgsSingleMQ=${undoneMsgsSingleMQ}, ` +
        `undoneMsgsDelayTimeMills=${undoneMsgsDelayTimeMills ?? '-'}]`,
    );
    report.item({ kind: 'undoneMsgs', consumerGroup, topic, ...undone });
  }
}

/**
 * The delay is the age difference between the newest message of a queue and the last one consumed, of the queue where it is
 * largest; undefined when it is known of no queue that is behind.
 */
async function undoneOf(admin: AdminClient, queues: readonly [MessageQueue, OffsetWrapper][]) {
  let undoneMsgsTotal = 0;
  let undoneMsgsSingleMQ = 0;
  let undoneMsgsDelayTimeMills: number | undefined;
  for (const [queue, { brokerOffset, consumerOffset, lastTimestamp }] of queues) {
    const behind = brokerOffset - consumerOffset;
    if (behind <= 0) continue;
    undoneMsgsTotal += behind;
    undoneMsgsSingleMQ = Math.max(undoneMsgsSingleMQ, behind);
    if (lastTimestamp <= 0) continue;
    const { messages } = await admin.pull({ queue, offset: brokerOffset - 1, maxNums: 1 });
    const newest = messages[0]?.storeTimestamp;
    if (newest !== undefined)
      undoneMsgsDelayTimeMills = Math.max(undoneMsgsDelayTimeMills ?? 0, newest - lastTimestamp);
  }
  if (undoneMsgsTotal === 0) undoneMsgsDelayTimeMills = 0;
  return { undoneMsgsTotal, undoneMsgsSingleMQ, undoneMsgsDelayTimeMills };
}

async function reportMembers(
  context: CommandContext,
  consumerGroup: string,
  members: readonly ClientConnection[],
): Promise<void> {
  const { admin, report, platform } = context;
  const infos = new Map<string, ConsumerRunningInfo>();
  for (const { clientId, version } of members) {
    if (version < MQVersion.V3_1_8_SNAPSHOT) continue; // cannot be asked
    try {
      infos.set(clientId, await admin.getConsumerRunningInfo(consumerGroup, clientId, false));
    } catch (error) {
      skipped(context, consumerGroup, `${consumerGroup}, ClientId: ${clientId}`, error);
    }
  }
  const notify = (notice: string, clientId?: string): void => {
    const whose = clientId === undefined ? '' : `ClientId: ${clientId}, `;
    report.line(
      `${PREFIX} [NOTIFY] reportConsumerRunningInfo: ConsumerGroup: ${consumerGroup}, ${whose}${notice}`,
    );
    report.item({ kind: 'notice', consumerGroup, clientId, notice });
  };
  const nowMs = platform.clock.now();
  if (!sameSubscriptions([...infos.values()], nowMs)) notify('Subscription different');
  for (const [clientId, info] of [...infos].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const notices = analyzeProcessQueue(clientId, info, nowMs).split('\n');
    for (const notice of notices.filter((each) => each !== '')) notify(notice, clientId);
  }
}

/** Messages of OFFSET_MOVED_EVENT since the start: brokers write one when a consumer asked for what is not there (any more). */
class OffsetMovedEvents {
  readonly #context: CommandContext;
  readonly #next = new Map<string, { queue: MessageQueue; offset: number }>();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  /** Queues that were not there before are watched from their end on. */
  async find(): Promise<void> {
    const { admin } = this.#context;
    for (const queue of await admin.fetchSubscribeMessageQueues(OFFSET_MOVED_EVENT)) {
      const key = messageQueueKey(queue);
      if (!this.#next.has(key)) this.#next.set(key, { queue, offset: await admin.maxOffset(queue) });
    }
  }

  async report(): Promise<void> {
    for (const position of this.#next.values()) {
      for (let found = true; found; ) {
        const { pullStatus, messages, nextBeginOffset } = await this.#context.admin.pull(position);
        position.offset = nextBeginOffset;
        for (const message of messages) this.#reportEvent(message);
        found = pullStatus === 'FOUND';
      }
    }
    await this.find();
  }

  #reportEvent({ body, storeTimestamp }: MessageExt): void {
    const { report } = this.#context;
    const event = decodeOffsetMovedEvent(body);
    const queue = event.messageQueue === undefined ? 'null' : queueText(event.messageQueue);
    report.line(
      `${PREFIX}reportDeleteMsgsEvent: DeleteMsgsEvent [offsetMovedEvent=OffsetMovedEvent [consumerGroup=` +
        `${event.consumerGroup}, messageQueue=${queue}, offsetRequest=${event.offsetRequest}, ` +
        `offsetNew=${event.offsetNew}], eventTimestamp=${storeTimestamp}]`,
    );
    report.item({ kind: 'deleteMsgsEvent', ...event, eventTimestamp: storeTimestamp });
  }
}
