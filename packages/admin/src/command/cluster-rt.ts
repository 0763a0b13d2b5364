/**
 * `clusterRT`: how long sends to every broker take, again and again until it is stopped. The topics have the brokers'
 * names. Counterpart: CLusterSendMsgRTCommand.
 */
import { AdminError } from '../admin-error.ts';
import { type Command, type CommandContext, option, required } from '../command-line/command.ts';
import { dateTime } from '../text/date-text.ts';

const BEIJING_MS = 8 * 3_600_000;

export const command: Command = {
  name: 'clusterRT',
  options: [
    option('a', 'amout', 'message amout | default 100'),
    required('s', 'size', 'message size | default 128 Byte'),
    option('c', 'cluster', 'cluster name | default display all cluster'),
    option('p', 'print log', 'print as tlog | default false'),
    option('m', 'machine room', 'machine room name | default noname'),
    option('i', 'interval', 'print interval | default 10 seconds'),
    { long: 'once', description: 'One round only', argument: false, required: false },
  ],
  async run(context) {
    const { options, admin, report, sleep } = context;
    const { clusterAddrTable } = await admin.examineBrokerClusterInfo();
    const only = options.optional('c');
    if (only !== undefined && !clusterAddrTable.has(only))
      throw new AdminError('ADMIN_CLUSTER_UNKNOWN', `cluster [${only}] not exist`);
    const intervalMs = options.integer('i', 10, 0) * 1000;
    if (!options.boolean('p', false)) {
      const heads = ['#Cluster Name', '#Broker Name', '#RT', '#successCount', '#failCount'];
      report.printf('%-24s  %-24s  %-4s  %-8s  %-8s%n', ...heads);
    }
    let failed = 0;
    for (;;) {
      for (const [cluster, brokers] of [...clusterAddrTable].sort()) {
        if (only !== undefined && cluster !== only) continue;
        for (const broker of [...brokers].sort()) failed += await measure(context, cluster, broker);
      }
      if (options.has('once')) {
        if (failed > 0) throw new AdminError('ADMIN_PARTLY_FAILED', `${failed} sends failed`);
        return;
      }
      await sleep(intervalMs);
    }
  },
};

/** Answers how many sends failed. */
async function measure(
  { options, admin, report, platform }: CommandContext,
  cluster: string,
  broker: string,
): Promise<number> {
  const amount = options.integer('a', 50, 2);
  const message = { topic: broker, body: Buffer.alloc(options.integer('s', 128, 1), 'a') };
  let elapsedMs = 0;
  let failed = 0;
  for (let i = 0; i < amount; i++) {
    const startMs = platform.clock.monotonicMs();
    try {
      await admin.sendMessage(message);
    } catch {
      failed++; // counted, as asked for
    }
    if (i !== 0) elapsedMs += platform.clock.monotonicMs() - startMs;
  }
  const rtMs = elapsedMs / (amount - 1);
  report.item({ cluster, broker, rtMs, successCount: amount - failed, failCount: failed });
  if (options.boolean('p', false)) {
    const room = options.optional('m') ?? 'noname';
    report.line([inBeijing(platform.clock.now()), room, cluster, broker, Math.round(rtMs)].join('|'));
    return failed;
  }
  const format = '%-24s  %-24s  %-8s  %-16s  %-16s%n';
  report.printf(format, cluster, broker, rtMs.toFixed(2), amount - failed, failed);
  return failed;
}

/** 4.4.0 prints the time of GMT+8, wherever it runs. */
function inBeijing(timestamp: number): string {
  const offsetMs = new Date(timestamp).getTimezoneOffset() * 60_000;
  return dateTime(timestamp + offsetMs + BEIJING_MS);
}
