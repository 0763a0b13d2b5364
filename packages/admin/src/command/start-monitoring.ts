/**
 * `startMonitoring`: looks every minute how far groups are behind and what their members say, and reports consumers that
 * asked for messages already deleted. Runs until it is stopped. Counterpart: MonitorService, DefaultMonitorListener.
 *
 * Java writes this into its log; here it is printed.
 */
import {
  type ConsumerRunningInfo,
  decodeOffsetMovedEvent,
  isRetryTopic,
  type MessageQueue,
  messageQueueKey,
  OFFSET_MOVED_EVENT,
  RETRY_TOPIC_PREFIX,
} from '@rocketmq-ts/protocol';
import { describeError } from '../admin-error.ts';
import type { Command, CommandContext } from '../command-line/command.ts';
import { queueText } from '../text/java-text.ts';
import { analyzeProcessQueue, sameSubscriptions } from '../text/running-info-text.ts';

const FIRST_ROUND_MS = 20_000;
const ROUND_MS = 60_000;
const PREFIX = '[MONITOR] ';

export const command: Command = {
  name: 'startMonitoring',
  options: [{ long: 'once', description: 'One round, at once', argument: false, required: false }],
  async run(context) {
    const once = context.options.has('once');
    const events = new OffsetMovedEvents(context);
    await events.start();
    if (!once) await context.sleep(FIRST_ROUND_MS);
    for (;;) {
      await round(context);
      await events.report();
      if (once) return;
      await context.sleep(ROUND_MS);
    }
  },
};

async function round({ admin, report, platform }: CommandContext): Promise<void> {
  report.line(`${PREFIX}=========================================beginRound`);
  for (const retry of (await admin.fetchAllTopicList()).filter(isRetryTopic).sort()) {
    const consumerGroup = retry.slice(RETRY_TOPIC_PREFIX.length);
    try {
      const { connectionSet } = await admin.examineConsumerConnectionInfo(consumerGroup);
      for (const undone of undoneByTopic(consumerGroup, await admin.examineConsumeStats(consumerGroup))) {
        const { topic, undoneMsgsTotal, undoneMsgsSingleMQ } = undone;
        report.line(
          `${PREFIX}reportUndoneMsgs: UndoneMsgs [consumerGroup=${consumerGroup}, topic=${topic}, ` +
            `undoneMsgsTotal=${undoneMsgsTotal}, undoneMsgsSingleMQ=${undoneMsgsSingleMQ}]`,
        );
        report.item({ kind: 'undoneMsgs', ...undone });
      }
      const infos = new Map<string, ConsumerRunningInfo>();
      for (const { clientId } of connectionSet)
        infos.set(clientId, await admin.getConsumerRunningInfo(consumerGroup, clientId, false));
      const nowMs = platform.clock.now();
      const notices = [...infos].map(([clientId, info]) => analyzeProcessQueue(clientId, info, nowMs).trim());
      if (!sameSubscriptions([...infos.values()], nowMs)) notices.unshift('Subscription different');
      for (const notice of notices.filter((each) => each !== '')) {
        report.line(
          `${PREFIX} [NOTIFY] reportConsumerRunningInfo: ConsumerGroup: ${consumerGroup}, ${notice}`,
        );
        report.item({ kind: 'notice', consumerGroup, notice });
      }
    } catch (error) {
      report.line(`${PREFIX}${consumerGroup} cannot be looked at: ${describeError(error)}`);
      report.item({ kind: 'skipped', consumerGroup, reason: describeError(error) });
    }
  }
  report.line(`${PREFIX}=========================================endRound`);
}

function undoneByTopic(
  consumerGroup: string,
  stats: { offsetTable: ReadonlyMap<MessageQueue, { brokerOffset: number; consumerOffset: number }> },
) {
  const totals = new Map<string, { total: number; single: number }>();
  for (const [{ topic }, { brokerOffset, consumerOffset }] of stats.offsetTable) {
    const diff = Math.max(0, brokerOffset - consumerOffset);
    const old = totals.get(topic) ?? { total: 0, single: 0 };
    totals.set(topic, { total: old.total + diff, single: Math.max(old.single, diff) });
  }
  return [...totals].map(([topic, { total, single }]) => ({
    consumerGroup,
    topic,
    undoneMsgsTotal: total,
    undoneMsgsSingleMQ: single,
  }));
}

/** Messages of OFFSET_MOVED_EVENT since the start: brokers write one when a consumer asked for what is deleted. */
class OffsetMovedEvents {
  readonly #context: CommandContext;
  readonly #next = new Map<string, { queue: MessageQueue; offset: number }>();

  constructor(context: CommandContext) {
    this.#context = context;
  }

  async start(): Promise<void> {
    const { admin } = this.#context;
    for (const queue of await admin.fetchSubscribeMessageQueues(OFFSET_MOVED_EVENT))
      this.#next.set(messageQueueKey(queue), { queue, offset: await admin.maxOffset(queue) });
  }

  async report(): Promise<void> {
    const { admin, report } = this.#context;
    for (const position of this.#next.values()) {
      const { messages, nextBeginOffset } = await admin.pull(position);
      position.offset = nextBeginOffset;
      for (const { body, storeTimestamp } of messages) {
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
  }
}
