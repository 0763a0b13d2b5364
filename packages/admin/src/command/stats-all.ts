/** `statsAll`: what goes in and out of every topic, by group. Counterpart: StatsAllSubCommand. */
import { type BrokerStatsData, isDlqTopic, isRetryTopic, MASTER_ID } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { AdminError, describeError } from '../admin-error.ts';
import { type Command, flag, option } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import type { Report } from '../command-line/report.ts';
import { RESUME, resuming } from '../command-line/resuming.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'statsAll',
  options: [
    flag('a', 'activeTopic', 'print active topic only'),
    option('t', 'topic', 'print select topic only'),
    RESUME,
  ],
  async run(context) {
    const { options, admin, report, progress } = context;
    const only = options.optional('t');
    const topics = (await admin.fetchAllTopicList())
      .filter((topic) => !isRetryTopic(topic) && !isDlqTopic(topic) && (!only || topic === only))
      .sort();
    const heads = ['#Topic', '#Consumer Group', '#Accumulation', '#InTPS', '#OutTPS', '#InMsg24Hour'];
    report.printf('%-32s  %-32s %12s %11s %11s %14s %14s%n', ...heads, '#OutMsg24Hour');
    if (only && topics.length === 0)
      throw new AdminError(
        'ADMIN_NOT_FOUND',
        `there is no topic ${only}, or it is a retry or dead-letter topic`,
      );
    await resuming<TopicRow>(command, context, async (checkpoint) => {
      const failures = new Failures();
      const rows: TopicRow[] = [];
      progress.begin('statsAll', topics.length);
      for (const topic of topics) {
        const failed = failures.count;
        const row = checkpoint.get(topic) ?? (await topicRow(admin, topic, failures));
        if (failures.count === failed) checkpoint.set(topic, row);
        rows.push(row);
        progress.advance();
        printTopic(report, row, options.has('a'));
      }
      report.value(rows);
      failures.rethrow('questions');
    });
  },
};

/** Undefined is what could not be found out. */
interface TopicRow {
  readonly topic: string;
  readonly inTps?: number | undefined;
  readonly inMsg24Hour?: number | undefined;
  readonly groups: readonly {
    readonly group: string;
    readonly accumulation?: number | undefined;
    readonly outTps?: number | undefined;
    readonly outMsg24Hour?: number | undefined;
  }[];
  readonly error?: string;
}

async function topicRow(admin: AdminClient, topic: string, failures: Failures): Promise<TopicRow> {
  const found = await failures.attempt(async () => {
    const { brokerDatas } = await admin.examineTopicRouteInfo(topic);
    const masters = brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(MASTER_ID) ?? []);
    return { masters, groups: await admin.queryTopicConsumeByWho(topic) };
  });
  if (found === undefined) return { topic, groups: [], error: describeError(failures.last) };
  const sent = await total(admin, found.masters, 'TOPIC_PUT_NUMS', topic, failures);
  const groups = [];
  for (const group of found.groups) {
    const got = await total(admin, found.masters, 'GROUP_GET_NUMS', `${topic}@${group}`, failures);
    const accumulation = await behind(admin, found.masters, group, topic, failures);
    groups.push({ group, accumulation, outTps: got?.tps, outMsg24Hour: got?.sum });
  }
  return { topic, inTps: sent?.tps, inMsg24Hour: sent?.sum, groups };
}

function printTopic(report: Report, row: TopicRow, activeOnly: boolean): void {
  const { topic, inTps, inMsg24Hour = '-', groups, error } = row;
  if (error !== undefined) return;
  const format = '%-32s  %-32s %12s %11s %11s %14s %14s%n';
  for (const { group, accumulation, outTps, outMsg24Hour = '-' } of groups) {
    if (activeOnly && inMsg24Hour === 0 && outMsg24Hour === 0) continue;
    const rates = [accumulation ?? '-', rate(inTps), rate(outTps)];
    report.printf(format, front(topic, 32), front(group, 32), ...rates, inMsg24Hour, outMsg24Hour);
  }
  if (groups.length === 0 && !(activeOnly && inMsg24Hour === 0))
    report.printf(format, front(topic, 32), '', 0, rate(inTps), '', inMsg24Hour, 'NO_CONSUMER');
}

function rate(tps: number | undefined): string {
  return tps === undefined ? '-' : tps.toFixed(2);
}

/** A broker refuses when it has no such figure: nothing has gone through it. */
async function total(
  admin: AdminClient,
  masters: readonly string[],
  statsName: string,
  statsKey: string,
  failures: Failures,
): Promise<{ tps: number; sum: number } | undefined> {
  const failed = failures.count;
  const result = { tps: 0, sum: 0 };
  for (const address of masters) {
    const data = await failures.find(() => admin.viewBrokerStatsData(address, statsName, statsKey));
    result.tps += data?.statsMinute.tps ?? 0;
    result.sum += data === undefined ? 0 : sumOf24Hours(data);
  }
  return failures.count === failed ? result : undefined;
}

function sumOf24Hours({ statsDay, statsHour, statsMinute }: BrokerStatsData): number {
  return statsDay.sum || statsHour.sum || statsMinute.sum;
}

/**
 * The topic's brokers are asked, not those of the group's retry topic as 4.4.0 does, which shows 0 for groups without one: they
 * have stored offsets and were never connected.
 */
async function behind(
  admin: AdminClient,
  masters: readonly string[],
  group: string,
  topic: string,
  failures: Failures,
): Promise<number | undefined> {
  const failed = failures.count;
  let diff = 0;
  for (const address of masters) {
    const stats = await failures.find(() => admin.getConsumeStats(address, group, topic));
    for (const each of stats?.offsetTable.values() ?? []) diff += each.brokerOffset - each.consumerOffset;
  }
  return failures.count === failed ? Math.max(0, diff) : undefined;
}
