/**
 * `resetOffsetByTime`: has a group consume from another point in time, through its members where they are online, else
 * by writing its offsets. Counterpart: ResetOffsetByTimeCommand, ResetOffsetByTimeOldCommand.
 */
import { ResponseCode } from '@rocketmq-ts/protocol';
import { AdminError, isAnswer } from '../admin-error.ts';
import { type Command, type CommandContext, flag, option, required } from '../command-line/command.ts';
import { parseTimestamp } from '../text/date-text.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'resetOffsetByTime',
  options: [
    required('g', 'group', 'set the consumer group'),
    required('t', 'topic', 'set the topic'),
    required('s', 'timestamp', 'set the timestamp[now|currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('f', 'force', 'set the force rollback by timestamp switch[true|false]'),
    flag('c', 'cplus', 'reset c++ client offset'),
  ],
  changes: true,
  async run(context) {
    const { options, platform, dryRun } = context;
    const text = options.text('s');
    const timestamp = text === 'now' ? platform.clock.now() : parseTimestamp(text);
    if (dryRun) await preview(context, timestamp);
    else await reset(context, timestamp);
  },
};

async function reset({ options, admin, report }: CommandContext, timestamp: number): Promise<void> {
  const [group, topic] = [options.text('g'), options.text('t')];
  const force = options.boolean('f', true);
  const head = (groupWord: string): string =>
    `rollback consumer offset by specified ${groupWord}[${group}], topic[${topic}], force[${force}], ` +
    `timestamp(string)[${options.text('s')}], timestamp(long)[${timestamp}]`;
  try {
    const offsets = await admin.resetOffsetByTimestamp(topic, group, timestamp, force, options.has('c'));
    report.line(head('group'));
    report.printf('%-40s  %-40s  %-40s%n', '#brokerName', '#queueId', '#offset');
    for (const [{ brokerName, queueId }, offset] of offsets)
      report.printf('%-40s  %-40d  %-40d%n', front(brokerName, 32), queueId, offset);
    report.value({ group, topic, timestamp, force, online: true, queues: offsets });
  } catch (error) {
    if (!isAnswer(error, ResponseCode.CONSUMER_NOT_ONLINE)) throw error;
    const queues = await admin.resetOffsetByTimestampOld(group, topic, timestamp, force);
    report.line(head('consumerGroup'));
    const heads = ['#brokerName', '#queueId', '#brokerOffset', '#consumerOffset', '#timestampOffset'];
    report.printf('%-20s  %-20s  %-20s  %-20s  %-20s  %-20s%n', ...heads, '#rollbackOffset');
    for (const each of queues) {
      report.printf(
        '%-20s  %-20d  %-20d  %-20d  %-20d  %-20d%n',
        front(each.brokerName, 32),
        each.queueId,
        each.brokerOffset,
        each.consumerOffset,
        each.timestampOffset,
        each.rollbackOffset,
      );
    }
    report.value({ group, topic, timestamp, force, online: false, queues });
  }
}

async function preview({ options, admin, report }: CommandContext, timestamp: number): Promise<void> {
  const force = options.boolean('f', true);
  const plans = await admin.planReset(options.text('g'), options.text('t'), timestamp);
  if (plans.length === 0)
    throw new AdminError('ADMIN_NOT_FOUND', `topic ${options.text('t')} has no queues to reset`);
  const heads = ['#brokerName', '#queueId', '#brokerOffset', '#consumerOffset', '#newOffset', '#again'];
  report.printf('%-20s  %-8s  %-20s  %-20s  %-20s  %s%n', ...heads);
  const queues = plans.map(({ queue, brokerOffset, consumerOffset, timestampOffset }) => {
    const newOffset = force || timestampOffset <= consumerOffset ? timestampOffset : consumerOffset;
    const again = consumerOffset - newOffset;
    report.printf(
      '%-20s  %-8d  %-20d  %-20d  %-20d  %d%n',
      front(queue.brokerName, 32),
      queue.queueId,
      brokerOffset,
      consumerOffset,
      newOffset,
      again,
    );
    return { ...queue, brokerOffset, consumerOffset, newOffset, again };
  });
  const sum = (sign: 1 | -1): number =>
    queues.reduce((total, { again }) => total + Math.max(0, sign * again), 0);
  report.line(`would consume ${sum(1)} messages again and skip ${sum(-1)}`);
  report.value({ dryRun: true, timestamp, queues, again: sum(1), skipped: sum(-1) });
}
