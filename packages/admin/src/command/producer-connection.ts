/** `producerConnection`: the clients of a producer group. Counterpart: ProducerConnectionSubCommand. */
import { languageName, versionDesc } from '@rocketmq-ts/protocol';
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'producerConnection',
  options: [required('g', 'producerGroup', 'producer group name'), required('t', 'topic', 'topic name')],
  async run({ options, admin, report }) {
    const { connectionSet } = await admin.examineProducerConnectionInfo(options.text('g'), options.text('t'));
    for (const [index, { clientId, clientAddr, language, version }] of connectionSet.entries()) {
      report.printf(
        '%04d  %-32s %-22s %-8s %s%n',
        index + 1,
        clientId,
        clientAddr,
        languageName(language),
        versionDesc(version),
      );
    }
    report.value({ connectionSet });
  },
};
