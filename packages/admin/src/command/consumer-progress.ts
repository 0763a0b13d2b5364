/** `consumerProgress`: how far a group is in each queue, or all groups in short. Counterpart: ConsumerProgressSubCommand. */
import {
  compareMessageQueues,
  isRetryTopic,
  messageQueueKey,
  RETRY_TOPIC_PREFIX,
  versionDesc,
} from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { type Command, type CommandContext, option } from '../command-line/command.ts';
import { dateTime } from '../text/date-text.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'consumerProgress',
  options: [
    option('g', 'groupName', 'consumer group name'),
    option('s', 'showClientIP', 'Show Client IP per Queue'),
  ],
  run(context) {
    const group = context.options.optional('g');
    return group === undefined ? allGroups(context) : oneGroup(context, group);
  },
};

async function oneGroup({ options, admin, report }: CommandContext, group: string): Promise<void> {
  const stats = await admin.examineConsumeStats(group);
  const clientIPs = options.boolean('s', false) ? await clientIPsByQueue(admin, group) : new Map();
  const heads = ['#Topic', '#Broker Name', '#QID', '#Broker Offset', '#Consumer Offset', '#Client IP'];
  report.printf('%-32s  %-32s  %-4s  %-20s  %-20s  %-20s %-20s  %s%n', ...heads, '#Diff', '#LastTime');
  let diffTotal = 0;
  const rows = [];
  for (const [queue, offsets] of [...stats.offsetTable].sort(([a], [b]) => compareMessageQueues(a, b))) {
    const { brokerOffset, consumerOffset, lastTimestamp } = offsets;
    const diff = brokerOffset - consumerOffset;
    const clientIP: string | undefined = clientIPs.get(messageQueueKey(queue));
    diffTotal += diff;
    rows.push({ ...queue, ...offsets, clientIP, diff });
    report.printf(
      '%-32s  %-32s  %-4d  %-20d  %-20d  %-20s %-20d  %s%n',
      front(queue.topic, 32),
      front(queue.brokerName, 32),
      queue.queueId,
      brokerOffset,
      consumerOffset,
      clientIP ?? 'N/A',
      diff,
      lastTimestamp === 0 ? 'N/A' : dateTime(lastTimestamp),
    );
  }
  report.line();
  report.printf('Consume TPS: %.2f%n', stats.consumeTps);
  report.printf('Diff Total: %d%n', diffTotal);
  report.value({ group, queues: rows, consumeTps: stats.consumeTps, diffTotal });
}

async function clientIPsByQueue(admin: AdminClient, group: string): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  try {
    for (const { clientId } of (await admin.examineConsumerConnectionInfo(group)).connectionSet) {
      const { mqTable } = await admin.getConsumerRunningInfo(group, clientId, false);
      for (const queue of mqTable.keys()) result.set(messageQueueKey(queue), clientId.split('@')[0] ?? '');
    }
  } catch {
    // nobody is online, or one of them does not answer: its queues show N/A
  }
  return result;
}

async function allGroups({ admin, report }: CommandContext): Promise<void> {
  const heads = ['#Group', '#Count', '#Version', '#Type', '#Model', '#TPS', '#Diff Total'];
  report.printf('%-32s  %-6s  %-24s %-5s  %-14s  %-7s  %s%n', ...heads);
  const topics = (await admin.fetchAllTopicList()).filter(isRetryTopic).sort();
  const rows = [];
  for (const topic of topics) {
    const row = await summary(admin, topic.slice(RETRY_TOPIC_PREFIX.length));
    rows.push(row);
    report.printf(
      '%-32s  %-6d  %-24s %-5s  %-14s  %-7d  %d%n',
      front(row.group, 32),
      row.count,
      row.version,
      row.type,
      row.model,
      Math.trunc(row.consumeTps ?? 0),
      row.diffTotal ?? 0,
    );
  }
  report.value(rows);
}

/** What cannot be had is left out: nobody online, nothing consumed yet. */
async function summary(admin: AdminClient, group: string) {
  const stats = await orUndefined(admin.examineConsumeStats(group));
  const connection = await orUndefined(admin.examineConsumerConnectionInfo(group));
  const members = connection?.connectionSet ?? [];
  const isPull = connection?.consumeType === 'CONSUME_ACTIVELY';
  let diffTotal: number | undefined;
  for (const { brokerOffset, consumerOffset } of stats?.offsetTable.values() ?? [])
    diffTotal = (diffTotal ?? 0) + brokerOffset - consumerOffset;
  return {
    group,
    count: members.length,
    version: members.length > 0 ? versionDesc(Math.min(...members.map((each) => each.version))) : 'OFFLINE',
    type: members.length === 0 ? '' : isPull ? 'PULL' : 'PUSH',
    model: members.length === 0 || isPull ? '' : (connection?.messageModel ?? ''),
    consumeTps: stats?.consumeTps,
    diffTotal,
  };
}

async function orUndefined<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch {
    return undefined; // as 4.4.0, which shows the group with what else is known of it
  }
}
