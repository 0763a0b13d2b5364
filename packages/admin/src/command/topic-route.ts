/** `topicRoute`: where a topic is. Prints fastjson's JSON, as 4.4.0 does. Counterpart: TopicRouteSubCommand. */
import { encodeTopicRouteData } from '@rocketmq-ts/protocol';
import { type Command, required } from '../command-line/command.ts';

export const command: Command = {
  name: 'topicRoute',
  options: [required('t', 'topic', 'topic name')],
  async run({ options, admin, report }) {
    const route = await admin.examineTopicRouteInfo(options.text('t'));
    report.line(encodeTopicRouteData(route, { pretty: true }).toString());
    report.value(route);
  },
};
