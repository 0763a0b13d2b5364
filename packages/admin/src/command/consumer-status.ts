/**
 * `consumerStatus`: what the clients of a group say about themselves, one file each, or one client's on the screen.
 * Counterpart: ConsumerStatusSubCommand.
 */
import { type ConsumerRunningInfo, versionDesc } from '@rocketmq-ts/protocol';
import { AdminError, describeError } from '../admin-error.ts';
import { type Command, flag, option, required } from '../command-line/command.ts';
import { analyzeProcessQueue, runningInfoText, sameSubscriptions } from '../text/running-info-text.ts';

export const command: Command = {
  name: 'consumerStatus',
  options: [
    required('g', 'consumerGroup', 'consumer group name'),
    option('i', 'clientId', "The consumer's client id"),
    flag('s', 'jstack', 'Run jstack command in the consumer progress'),
  ],
  async run({ options, admin, report, platform, workingFolder }) {
    const group = options.text('g');
    const { connectionSet } = await admin.examineConsumerConnectionInfo(group);
    const jstack = options.has('s');
    const only = options.optional('i');
    if (only !== undefined) {
      const info = await admin.getConsumerRunningInfo(group, only, jstack);
      report.text(runningInfoText(info));
      report.value(info);
      return;
    }
    const nowMs = platform.clock.now();
    const infos = new Map<string, ConsumerRunningInfo>();
    const failures: string[] = [];
    for (const { clientId, version } of connectionSet) {
      try {
        const info = await admin.getConsumerRunningInfo(group, clientId, jstack);
        infos.set(clientId, info);
        const path = `${nowMs}/${clientId.replaceAll('/', '_')}`;
        platform.fileSystem.mkdirSync(`${workingFolder}/${nowMs}`);
        platform.fileSystem.writeFileSync(`${workingFolder}/${path}`, Buffer.from(runningInfoText(info)));
        report.printf('%03d  %-40s %-20s %s%n', infos.size, clientId, versionDesc(version), path);
      } catch (error) {
        failures.push(`${clientId}: ${describeError(error)}`);
        report.line(`${clientId} does not tell: ${describeError(error)}`);
      }
    }
    const same = sameSubscriptions([...infos.values()], nowMs);
    if (infos.size > 0 && same) {
      report.printf('%n%nSame subscription in the same group of consumer');
      report.printf('%n%nRebalance %s%n', 'OK');
      for (const [clientId, info] of infos) report.text(analyzeProcessQueue(clientId, info, nowMs));
    } else if (infos.size > 0) {
      report.printf('%n%nWARN: Different subscription in the same group of consumer!!!');
    }
    report.value({ clients: infos, sameSubscriptions: same, failures });
    if (failures.length > 0) {
      const text = `${failures.length} of ${connectionSet.length} clients do not tell: ${failures.join('; ')}`;
      throw new AdminError('ADMIN_PARTLY_FAILED', text);
    }
  },
};
