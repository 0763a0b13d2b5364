/** `wipeWritePerm`: has producers leave a broker, before it is stopped. Counterpart: WipeWritePermSubCommand. */
import { isWriteable } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { AdminError, describeError } from '../admin-error.ts';
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'wipeWritePerm',
  options: [required('b', 'brokerName', 'broker name')],
  changes: true,
  async run({ options, admin, report, dryRun }) {
    const brokerName = options.text('b');
    if (dryRun) {
      const topics = await writeableTopics(admin, brokerName);
      report.line(
        `would take the write permission of ${topics.length} topics on ${brokerName}: ${topics.join(', ')}`,
      );
      report.value({ dryRun, brokerName, topics });
      return;
    }
    const results = [];
    for (const nameServer of admin.nameServers()) {
      const words = `wipe write perm of broker[${brokerName}] in name server[${nameServer}]`;
      try {
        const wipeTopicCount = await admin.wipeWritePermOfBroker(nameServer, brokerName);
        report.line(`${words} OK, ${wipeTopicCount}`);
        results.push({ nameServer, wipeTopicCount });
      } catch (error) {
        report.line(`${words} Failed`);
        results.push({ nameServer, error: describeError(error) });
      }
    }
    report.value(results);
    if (results.every(({ wipeTopicCount }) => wipeTopicCount === 0)) await checkBroker(admin, brokerName);
    const failed = results.filter(({ error }) => error !== undefined);
    if (failed.length > 0)
      throw new AdminError('ADMIN_PARTLY_FAILED', failed.map(({ error }) => error).join('; '));
  },
};

/** Name servers answer a name that they do not know with success. */
async function checkBroker(admin: AdminClient, brokerName: string): Promise<void> {
  const { brokerAddrTable } = await admin.examineBrokerClusterInfo();
  if (brokerAddrTable.has(brokerName)) return;
  const known = [...brokerAddrTable.keys()].sort().join(', ') || 'none';
  throw new AdminError(
    'ADMIN_BROKER_UNKNOWN',
    `no name server knows a broker called ${brokerName}; they know ${known}`,
  );
}

async function writeableTopics(admin: AdminClient, brokerName: string): Promise<string[]> {
  const topics: string[] = [];
  for (const topic of (await admin.fetchAllTopicList()).sort()) {
    try {
      const { queueDatas } = await admin.examineTopicRouteInfo(topic);
      if (queueDatas.some((data) => data.brokerName === brokerName && isWriteable(data.perm)))
        topics.push(topic);
    } catch {
      // deleted since the list was made
    }
  }
  return topics;
}
