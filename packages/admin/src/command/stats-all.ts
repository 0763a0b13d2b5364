/** `statsAll`: what goes in and out of every topic, by group. Counterpart: StatsAllSubCommand. */
import { type BrokerStatsData, isDlqTopic, isRetryTopic, MASTER_ID } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { describeError } from '../admin-error.ts';
import { type Command, flag, option } from '../command-line/command.ts';
import type { Report } from '../command-line/report.ts';
import { front } from '../text/printf.ts';

export const command: Command = {
  name: 'statsAll',
  options: [
    flag('a', 'activeTopic', 'print active topic only'),
    option('t', 'topic', 'print select topic only'),
  ],
  async run({ options, admin, report }) {
    const only = options.optional('t');
    const topics = (await admin.fetchAllTopicList())
      .filter((topic) => !isRetryTopic(topic) && !isDlqTopic(topic) && (!only || topic === only))
      .sort();
    const heads = ['#Topic', '#Consumer Group', '#Accumulation', '#InTPS', '#OutTPS', '#InMsg24Hour'];
    report.printf('%-32s  %-32s %12s %11s %11s %14s %14s%n', ...heads, '#OutMsg24Hour');
    const rows = [];
    for (const topic of topics) {
      try {
        rows.push(await topicRows(admin, report, topic, options.has('a')));
      } catch (error) {
        rows.push({ topic, error: describeError(error) }); // deleted meanwhile, or its broker is down
      }
    }
    report.value(rows);
  },
};

async function topicRows(admin: AdminClient, report: Report, topic: string, activeOnly: boolean) {
  const { brokerDatas } = await admin.examineTopicRouteInfo(topic);
  const masters = brokerDatas.flatMap(({ brokerAddrs }) => brokerAddrs.get(MASTER_ID) ?? []);
  const groups = await admin.queryTopicConsumeByWho(topic);
  const sent = await total(admin, masters, 'TOPIC_PUT_NUMS', topic);
  const consumed = [];
  for (const group of groups) {
    const got = await total(admin, masters, 'GROUP_GET_NUMS', `${topic}@${group}`);
    const accumulation = await behind(admin, group, topic);
    consumed.push({ group, accumulation, outTps: got.tps, outMsg24Hour: got.sum });
    if (activeOnly && sent.sum <= 0 && got.sum <= 0) continue;
    report.printf(
      '%-32s  %-32s %12d %11.2f %11.2f %14d %14d%n',
      front(topic, 32),
      front(group, 32),
      accumulation ?? 0,
      sent.tps,
      got.tps,
      sent.sum,
      got.sum,
    );
  }
  if (groups.length === 0 && (!activeOnly || sent.sum > 0)) {
    const format = '%-32s  %-32s %12d %11.2f %11s %14d %14s%n';
    report.printf(format, front(topic, 32), '', 0, sent.tps, '', sent.sum, 'NO_CONSUMER');
  }
  return { topic, inTps: sent.tps, inMsg24Hour: sent.sum, groups: consumed };
}

async function total(
  admin: AdminClient,
  masters: readonly string[],
  statsName: string,
  statsKey: string,
): Promise<{ tps: number; sum: number }> {
  const result = { tps: 0, sum: 0 };
  for (const address of masters) {
    try {
      const data = await admin.viewBrokerStatsData(address, statsName, statsKey);
      result.tps += data.statsMinute.tps;
      result.sum += sumOf24Hours(data);
    } catch {
      // a broker without such a figure refuses: nothing has gone through it
    }
  }
  return result;
}

function sumOf24Hours({ statsDay, statsHour, statsMinute }: BrokerStatsData): number {
  return statsDay.sum || statsHour.sum || statsMinute.sum;
}

/** Undefined when the group has no offsets. */
async function behind(admin: AdminClient, group: string, topic: string): Promise<number | undefined> {
  try {
    let diff = 0;
    for (const each of (await admin.examineConsumeStats(group, topic)).offsetTable.values())
      diff += each.brokerOffset - each.consumerOffset;
    return Math.max(0, diff);
  } catch {
    return undefined; // never consumed
  }
}
