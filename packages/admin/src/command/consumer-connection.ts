/** `consumerConnection`: the clients of a consumer group, and what they subscribe to. Counterpart: ConsumerConnectionSubCommand. */
import { languageName, versionDesc } from '@rocketmq-ts/protocol';
import { type Command, required } from '../command-line/command.ts';
import { inHashMapOrder } from '../text/java-text.ts';

export const command: Command = {
  name: 'consumerConnection',
  options: [required('g', 'consumerGroup', 'consumer group name')],
  async run({ options, admin, report }) {
    const connection = await admin.examineConsumerConnectionInfo(options.text('g'));
    const { connectionSet, subscriptionTable, consumeType, messageModel, consumeFromWhere } = connection;
    for (const [index, { clientId, clientAddr, language, version }] of connectionSet.entries()) {
      report.printf(
        '%03d  %-32s %-22s %-8s %s%n',
        index + 1,
        clientId,
        clientAddr,
        languageName(language),
        versionDesc(version),
      );
    }
    report.printf('%nBelow is subscription:');
    for (const [index, topic] of inHashMapOrder([...subscriptionTable.keys()]).entries()) {
      const { subString } = subscriptionTable.get(topic) as { subString: string };
      report.printf('%03d  Topic: %-40s SubExpression: %s%n', index + 1, topic, subString);
    }
    report.printf('ConsumeType: %s%n', consumeType);
    report.printf('MessageModel: %s%n', messageModel);
    report.printf('ConsumeFromWhere: %s%n', consumeFromWhere);
    report.value(connection);
  },
};
