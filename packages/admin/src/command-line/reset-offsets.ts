/**
 * What `resetOffsetByTime` and `skipAccumulatedMessage` share: they have a group consume from another point in time, through its
 * members where they are online, else by writing its offsets; or several groups, one after the other. Counterpart:
 * ResetOffsetByTimeCommand, ResetOffsetByTimeOldCommand.
 */
import { ResponseCode } from '@rocketmq-ts/protocol';
import { AdminError, isAnswer } from '../admin-error.ts';
import { front } from '../text/printf.ts';
import { type Command, type CommandContext, flag, option, required } from './command.ts';
import { Failures } from './failures.ts';
import { RESUME, resuming } from './resuming.ts';

/** Of whom, and how. */
export const RESET_OF = [
  required('g', 'group', 'set the consumer group'),
  required('t', 'topic', 'set the topic'),
] as const;
export const RESET_HOW = [
  option('f', 'force', 'set the force rollback by timestamp switch[true|false]'),
  flag('c', 'cplus', 'reset c++ client offset'),
  RESUME,
] as const;

/** To where: `text` is how it was said. */
export interface ResetTarget {
  readonly timestamp: number;
  readonly text: string;
}

/** Groups are given by `-g`: one, several with commas between, or `*` for all that consume the topic of `-t`. */
export async function resetGroups(
  command: Command,
  context: CommandContext,
  target: ResetTarget,
): Promise<void> {
  const { options, dryRun, progress, report } = context;
  const reset = dryRun ? preview : resetGroup;
  const groups = await groupsOf(context);
  const [only] = groups;
  if (groups.length === 1 && only !== undefined && !options.has('resume'))
    return report.value(await reset(context, only, target));
  await resuming<object>(command, context, async (checkpoint) => {
    const failures = new Failures();
    progress.begin(command.name, groups.length);
    for (const group of groups) {
      if (checkpoint.get(group) === undefined) {
        const result = await failures.attempt(() => reset(context, group, target));
        if (result !== undefined) report.item(result);
        if (result !== undefined && !dryRun) checkpoint.set(group, {});
      }
      progress.advance();
    }
    failures.rethrow('groups');
  });
}

async function groupsOf({ options, admin }: CommandContext): Promise<string[]> {
  const text = options.text('g');
  const groups =
    text === '*'
      ? await admin.queryTopicConsumeByWho(options.text('t'))
      : text.split(',').map((each) => each.trim());
  const given = [...new Set(groups)].filter((group) => group !== '');
  if (given.length > 0) return given;
  throw new AdminError('ADMIN_NOT_FOUND', `no group consumes topic ${options.text('t')}`);
}

async function resetGroup(
  { options, admin, report }: CommandContext,
  group: string,
  { timestamp, text }: ResetTarget,
): Promise<object> {
  const topic = options.text('t');
  const force = options.boolean('f', true);
  const head = (groupWord: string): string =>
    `rollback consumer offset by specified ${groupWord}[${group}], topic[${topic}], force[${force}], ` +
    `timestamp(string)[${text}], timestamp(long)[${timestamp}]`;
  try {
    const offsets = await admin.resetOffsetByTimestamp(topic, group, timestamp, force, options.has('c'));
    report.line(head('group'));
    report.printf('%-40s  %-40s  %-40s%n', '#brokerName', '#queueId', '#offset');
    for (const [{ brokerName, queueId }, offset] of offsets)
      report.printf('%-40s  %-40d  %-40d%n', front(brokerName, 32), queueId, offset);
    return { group, topic, timestamp, force, online: true, queues: offsets };
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
    return {
      ...{ group, topic, timestamp, force, online: false },
      queues: queues.map(({ rollbackOffset, ...rest }) => ({ topic, ...rest, offset: rollbackOffset })),
    };
  }
}

async function preview(
  { options, admin, report }: CommandContext,
  group: string,
  { timestamp }: ResetTarget,
): Promise<object> {
  const force = options.boolean('f', true);
  const topic = options.text('t');
  const plans = await admin.planReset(group, topic, timestamp);
  if (plans.length === 0) throw new AdminError('ADMIN_NOT_FOUND', `topic ${topic} has no queues to reset`);
  const heads = ['#brokerName', '#queueId', '#brokerOffset', '#consumerOffset', '#newOffset', '#again'];
  report.printf('%-20s  %-8s  %-20s  %-20s  %-20s  %s%n', ...heads);
  const queues = plans.map(({ queue, brokerOffset, consumerOffset, timestampOffset }) => {
    const offset = force || timestampOffset <= consumerOffset ? timestampOffset : consumerOffset;
    const again = consumerOffset - offset;
    report.printf(
      '%-20s  %-8d  %-20d  %-20d  %-20d  %d%n',
      front(queue.brokerName, 32),
      queue.queueId,
      brokerOffset,
      consumerOffset,
      offset,
      again,
    );
    return { ...queue, brokerOffset, consumerOffset, offset, again };
  });
  const sum = (sign: 1 | -1): number =>
    queues.reduce((total, { again }) => total + Math.max(0, sign * again), 0);
  report.line(`${group} would consume ${sum(1)} messages again and skip ${sum(-1)}`);
  return { dryRun: true, group, topic, timestamp, force, queues, again: sum(1), skipped: sum(-1) };
}
