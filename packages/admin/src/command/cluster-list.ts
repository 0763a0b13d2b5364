/**
 * `clusterList`: every broker of every cluster, with its load, or with its message totals. Counterpart:
 * ClusterListSubCommand.
 *
 * What a broker does not tell is shown as `-`, never as 0.
 */
import type { ClusterInfo } from '@rocketmq-ts/protocol';
import { describeError } from '../admin-error.ts';
import { type Command, type CommandContext, flag, option } from '../command-line/command.ts';
import { Failures } from '../command-line/failures.ts';
import { printf } from '../text/printf.ts';

interface BrokerRow {
  readonly clusterName: string;
  readonly brokerName: string;
  readonly brokerId: number;
  readonly address: string;
  readonly table: ReadonlyMap<string, string>;
  readonly error?: string;
}

export const command: Command = {
  name: 'clusterList',
  options: [
    flag('m', 'moreStats', 'Print more stats'),
    option('i', 'interval', 'specify intervals numbers, it is in seconds'),
  ],
  async run(context) {
    const intervalMs = context.options.integer('i', 0, 1) * 1000;
    for (;;) {
      const failures = new Failures();
      await print(context, failures);
      if (!context.options.has('i')) {
        failures.rethrow('brokers');
        return;
      }
      await context.sleep(intervalMs);
    }
  },
};

async function print(
  { options, admin, report, platform }: CommandContext,
  failures: Failures,
): Promise<void> {
  const rows: BrokerRow[] = [];
  const more = options.has('m');
  report.text(more ? moreHead : head);
  for (const row of brokers(await admin.examineBrokerClusterInfo())) {
    const stats = await failures.attempt(() => admin.fetchBrokerRuntimeStats(row.address));
    const full = stats === undefined ? { ...row, error: describeError(failures.last) } : { ...row, ...stats };
    rows.push(full);
    report.text(more ? totals(full) : load(full, platform.clock.now()));
  }
  if (options.has('i')) report.item(rows);
  else report.value(rows);
}

function brokers({ clusterAddrTable, brokerAddrTable }: ClusterInfo): BrokerRow[] {
  return [...clusterAddrTable]
    .sort()
    .flatMap(([clusterName, names]) =>
      [...names]
        .sort()
        .flatMap((brokerName) =>
          [...(brokerAddrTable.get(brokerName)?.brokerAddrs ?? [])]
            .sort(([a], [b]) => a - b)
            .map(([brokerId, address]) => ({ clusterName, brokerName, brokerId, address, table: new Map() })),
        ),
    );
}

const FORMAT = '%-16s  %-22s  %-4s  %-22s %-16s %19s %19s %10s %5s %6s%n';
const head = printf(
  FORMAT,
  '#Cluster Name',
  '#Broker Name',
  '#BID',
  '#Addr',
  '#Version',
  '#InTPS(LOAD)',
  '#OutTPS(LOAD)',
  '#PCWait(ms)',
  '#Hour',
  '#SPACE',
);

function load({ clusterName, brokerName, brokerId, address, table }: BrokerRow, nowMs: number): string {
  const queue = (tps: string, kind: string): string => {
    const rate = table.get(tps)?.split(' ')[0];
    if (rate === undefined) return '-';
    const size = table.get(`${kind}ThreadPoolQueueSize`) ?? '-';
    const waitMs = table.get(`${kind}ThreadPoolQueueHeadWaitTimeMills`) ?? '-';
    return printf('%9.2f(%s,%sms)', rate, size, waitMs);
  };
  const earliest = Number(table.get('earliestMessageTimeStamp') ?? -1);
  const ratio = table.get('commitLogDiskRatio');
  return printf(
    FORMAT,
    clusterName,
    brokerName,
    brokerId,
    address,
    table.get('brokerVersionDesc') ?? '',
    queue('putTps', 'send'),
    queue('getTransferedTps', 'pull'),
    table.get('pageCacheLockTimeMills') ?? '-',
    earliest < 0 ? '-' : ((nowMs - earliest) / 3_600_000).toFixed(2),
    ratio === undefined ? '-' : Number(ratio).toFixed(4),
  );
}

const MORE_FORMAT = '%-16s  %-32s %14s %14s %14s %14s%n';
const moreHead = printf(
  MORE_FORMAT,
  '#Cluster Name',
  '#Broker Name',
  '#InTotalYest',
  '#OutTotalYest',
  '#InTotalToday',
  '#OutTotalToday',
);

function totals({ clusterName, brokerName, table }: BrokerRow): string {
  const between = (later: string, earlier: string): string => {
    const [end, start] = [table.get(later), table.get(earlier)];
    return end === undefined || start === undefined ? '-' : String(Number(end) - Number(start));
  };
  return printf(
    MORE_FORMAT,
    clusterName,
    brokerName,
    between('msgPutTotalTodayMorning', 'msgPutTotalYesterdayMorning'),
    between('msgGetTotalTodayMorning', 'msgGetTotalYesterdayMorning'),
    between('msgPutTotalTodayNow', 'msgPutTotalTodayMorning'),
    between('msgGetTotalTodayNow', 'msgGetTotalTodayMorning'),
  );
}
