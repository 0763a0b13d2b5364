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
import { Failures } from '../command-line/failures.ts';
import type { Report } from '../command-line/report.ts';
import { RESUME, resuming } from '../command-line/resuming.ts';
import { dateTime } from '../text/date-text.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'consumerProgress',
  options: [
    option('g', 'groupName', 'consumer group name'),
    option('s', 'showClientIP', 'Show Client IP per Queue'),
    RESUME,
  ],
  run(context) {
    const group = context.options.optional('g');
    return group === undefined ? allGroups(context) : oneGroup(context, group);
  },
};

async function oneGroup({ options, admin, report }: CommandContext, group: string): Promise<void> {
  const stats = await admin.examineConsumeStats(group);
  const failures = new Failures();
  const clientIPs = options.boolean('s', false) ? await clientIPsByQueue(admin, group, failures) : new Map();
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
  failures.rethrow('questions');
}

/** Of members that do not answer the queues show N/A. */
async function clientIPsByQueue(
  admin: AdminClient,
  group: string,
  failures: Failures,
): Promise<Map<string, string>> {
  const result = new Map<string, string>();
  const connection = await failures.find(() => admin.examineConsumerConnectionInfo(group));
  for (const { clientId } of connection?.connectionSet ?? []) {
    const info = await failures.find(() => admin.getConsumerRunningInfo(group, clientId, false));
    for (const queue of info?.mqTable.keys() ?? [])
      result.set(messageQueueKey(queue), clientId.split('@')[0] ?? '');
  }
  return result;
}

/** Rows that a checkpoint knows are shown as they were. */
async function allGroups(context: CommandContext): Promise<void> {
  const { admin, report, progress } = context;
  const heads = ['#Group', '#Count', '#Version', '#Type', '#Model', '#TPS', '#Diff Total'];
  report.printf('%-32s  %-6s  %-24s %-5s  %-14s  %-7s  %s%n', ...heads);
  const topics = (await admin.fetchAllTopicList()).filter(isRetryTopic).sort();
  await resuming<GroupRow>(command, context, async (checkpoint) => {
    const failures = new Failures();
    const rows: GroupRow[] = [];
    progress.begin('consumerProgress', topics.length);
    for (const topic of topics) {
      const group = topic.slice(RETRY_TOPIC_PREFIX.length);
      const failed = failures.count;
      const row = checkpoint.get(group) ?? (await summary(admin, group, failures));
      if (failures.count === failed) checkpoint.set(group, row);
      rows.push(row);
      progress.advance();
      printRow(report, row);
    }
    report.value(rows);
    failures.rethrow('questions');
  });
}

interface GroupRow {
  readonly group: string;
  readonly count: number | undefined;
  readonly version: string;
  readonly type: string;
  readonly model: string;
  readonly consumeTps: number | undefined;
  readonly diffTotal: number | undefined;
}

/** `-` is what could not be found out. */
function printRow(report: Report, row: GroupRow): void {
  report.printf(
    '%-32s  %-6s  %-24s %-5s  %-14s  %-7s  %s%n',
    front(row.group, 32),
    row.count ?? '-',
    row.version,
    row.type,
    row.model,
    row.consumeTps === undefined ? '-' : Math.trunc(row.consumeTps),
    row.diffTotal ?? '-',
  );
}

/** A group that has consumed nothing yet is behind by nothing, as in 4.4.0; what a broker does not answer is left out. */
async function summary(admin: AdminClient, group: string, failures: Failures): Promise<GroupRow> {
  let failed = failures.count;
  const stats = await failures.find(() => admin.examineConsumeStats(group));
  const statsKnown = failures.count === failed;
  failed = failures.count;
  const connection = await failures.find(() => admin.examineConsumerConnectionInfo(group));
  const membersKnown = failures.count === failed;
  const members = connection?.connectionSet ?? [];
  const isPull = connection?.consumeType === 'CONSUME_ACTIVELY';
  let diffTotal = 0;
  for (const { brokerOffset, consumerOffset } of stats?.offsetTable.values() ?? [])
    diffTotal += brokerOffset - consumerOffset;
  return {
    group,
    count: membersKnown ? members.length : undefined,
    version:
      members.length > 0
        ? versionDesc(Math.min(...members.map((each) => each.version)))
        : membersKnown
          ? 'OFFLINE'
          : '-',
    type: members.length === 0 ? '' : isPull ? 'PULL' : 'PUSH',
    model: members.length === 0 || isPull ? '' : (connection?.messageModel ?? ''),
    consumeTps: statsKnown ? (stats?.consumeTps ?? 0) : undefined,
    diffTotal: statsKnown ? diffTotal : undefined,
  };
}
