/**
 * UPDATE_AND_CREATE_TOPIC (17): creates or changes a topic.
 *
 * Answered once the topic is in the table, its file and the name servers that can be reached, so that whoever asked finds it;
 * 4.4.0 answers first. Whether a topic is ordered comes from the name server's KV configuration, not from here.
 *
 * Counterpart in RocketMQ: AdminBrokerProcessor.updateAndCreateTopic.
 */
import { ExtReader, type TopicConfig } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { newTopicConfig } from '../topic/built-in-topics.ts';

const MAX_QUEUES = 65_535;

export function updateAndCreateTopic(context: ControlContext): Handler {
  return async (request, connection) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    if (topic === context.settings.brokerClusterName) {
      return systemError(`the topic[${topic}] is conflict with system reserved words.`);
    }
    const read = header.int('readQueueNums');
    const write = header.int('writeQueueNums');
    const perm = header.int('perm');
    for (const [name, value] of Object.entries({ readQueueNums: read, writeQueueNums: write })) {
      if (value < 0 || value > MAX_QUEUES)
        return systemError(`${name}=${value} is not from 0 to ${MAX_QUEUES}`);
    }
    if (perm < 0 || perm > 15)
      return systemError(`perm=${perm} is not a permission: add 4 for read and 2 for write`);
    const filter = header.optionalString('topicFilterType') ?? 'SINGLE_TAG';
    if (!isFilterType(filter)) return systemError(`topicFilterType=${filter} is not SINGLE_TAG or MULTI_TAG`);
    context.logger.info('an administrator sets a topic', { topic, by: connection.remoteAddress });
    const problem = context.topics.update(
      newTopicConfig(topic, {
        readQueueNums: read,
        writeQueueNums: write,
        perm,
        topicFilterType: filter,
        topicSysFlag: header.optionalInt('topicSysFlag') ?? 0,
        order: context.topics.isOrderTopic(topic),
      }),
    );
    if (problem !== undefined) return systemError(problem);
    await Promise.all([context.stateSaved(), context.nameServers.changesTaken()]);
    return success();
  };
}

function isFilterType(value: string): value is TopicConfig['topicFilterType'] {
  return value === 'SINGLE_TAG' || value === 'MULTI_TAG';
}
