/**
 * The error for a topic that no name server has a route for: says who was asked, what each answered, which known topic
 * is spelled most alike, which brokers are there and at what address, whether they would create the topic, and what to do.
 */
import { type BrokerData, MASTER_ID, nearestName } from '@rocketmq-ts/protocol';
import { MQClientError } from '../errors.ts';
import { compareStrings } from '../message/message-queue.ts';
import { describeAnswers, type NameServerAnswer, type NameServers } from './name-servers.ts';

const shownBrokers = 5;

/** `answers`: what was said when the topic was asked for. Asks what else is worth saying; never rejects. */
export async function noRouteError(
  nameServers: NameServers,
  topic: string,
  answers: readonly NameServerAnswer[],
  createTopicKey: string,
): Promise<MQClientError> {
  const heard = describeAnswers(answers);
  if (answers.every((answer) => !answer.reached)) {
    return new MQClientError(
      'NOT_FOUND_TOPIC_EXCEPTION',
      `No route info of this topic, ${topic}: no name server could be asked: ${heard}. ` +
        'Check namesrvAddr and that the name servers run and can be reached from here',
    );
  }
  const [names, brokers, template] = await Promise.all([
    nameServers.topicNames(),
    nameServers.brokers(),
    nameServers.route(createTopicKey),
  ]);
  const sentences = [`No route info of this topic, ${topic}. Name servers asked: ${heard}`];
  if (brokers.length === 0) {
    sentences.push(
      'No broker is registered there: start one with these name servers (mqbroker -n <name server>), or correct its namesrvAddr',
    );
    return new MQClientError('NOT_FOUND_TOPIC_EXCEPTION', sentences.join('. '));
  }
  sentences.push(`Brokers registered there: ${describeBrokers(brokers)}`);
  if (names.includes(topic)) {
    sentences.push(
      'They list the topic, but no broker that has it: try again if it was created a moment ago, else see that its brokers run',
    );
    return new MQClientError('NOT_FOUND_TOPIC_EXCEPTION', sentences.join('. '));
  }
  const nearest = nearestName(topic, names);
  if (nearest !== undefined) sentences.push(`The nearest topic they know is ${nearest}`);
  const creators = template.route?.brokerDatas.map((broker) => broker.brokerName).sort(compareStrings) ?? [];
  const create = `create it (mqadmin updateTopic -t ${topic} -c ${brokers[0]?.cluster ?? '<cluster>'})`;
  sentences.push(
    creators.length > 0
      ? `${creators.slice(0, shownBrokers).join(', ')} would create the topic on its first message (autoCreateTopicEnable): send one, or ${create}`
      : `None of them creates topics by itself (autoCreateTopicEnable=false): ${create}, or start a broker with autoCreateTopicEnable=true`,
  );
  return new MQClientError('NOT_FOUND_TOPIC_EXCEPTION', sentences.join('. '));
}

/** `broker-a at 10.0.0.1:10911`, a few of them. */
function describeBrokers(brokers: readonly BrokerData[]): string {
  const shown = [...brokers]
    .sort((a, b) => compareStrings(a.brokerName, b.brokerName))
    .slice(0, shownBrokers)
    .map(({ brokerName, brokerAddrs }) => {
      const master = brokerAddrs.get(MASTER_ID);
      const [slave] = brokerAddrs.values();
      return `${brokerName} at ${master ?? (slave === undefined ? 'no address' : `${slave}, a slave, its master is missing`)}`;
    });
  const more = brokers.length - shown.length;
  return shown.join(', ') + (more > 0 ? ` and ${more} more` : '');
}
