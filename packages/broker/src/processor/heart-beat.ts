/**
 * HEART_BEAT (34): a client says which groups it produces and consumes with, and what it subscribes to.
 *
 * Makes the retry topic of every group it names. A group that cannot be taken (name, too many) is named in the answer; the
 * others of the same heartbeat count all the same.
 *
 * Counterpart in RocketMQ: ClientManageProcessor.heartBeat.
 */
import { type ConsumerData, decodeHeartbeatData, retryTopic } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { ClientChannel } from '../client/client-channel.ts';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { groupNameProblem, topicNameProblem } from '../name-rules.ts';
import { PERM_READ, PERM_WRITE } from '../topic/built-in-topics.ts';

const UNIT_SUB_FLAG = 2;

export function heartBeat(context: ControlContext): Handler {
  return (request, connection) => {
    const data = decodeHeartbeatData(request.body);
    if (data.clientID === '') return systemError('the heartbeat has no clientID');
    const groupCount = data.consumerDataSet.length + data.producerDataSet.length;
    if (groupCount > context.settings.maxGroupsPerHeartbeat) {
      return systemError(
        `the heartbeat names ${groupCount} groups, maxGroupsPerHeartbeat allows ${context.settings.maxGroupsPerHeartbeat}`,
      );
    }
    const channel: ClientChannel = {
      connection,
      clientId: data.clientID,
      language: request.language,
      version: request.version,
      lastSeenMs: context.platform.clock.monotonicMs(),
    };
    const problems: string[] = [];
    for (const consumer of data.consumerDataSet) {
      const problem = groupNameProblem(consumer.groupName);
      if (problem === undefined) registerConsumer(context, channel, consumer);
      else problems.push(problem);
    }
    for (const producer of data.producerDataSet)
      context.producers.register(producer.groupName, { ...channel });
    return problems.length === 0 ? success() : systemError(problems.join('; '));
  };
}

function registerConsumer(context: ControlContext, channel: ClientChannel, data: ConsumerData): void {
  const group = context.groups.find(data.groupName);
  if (group !== undefined) {
    const topic = retryTopic(data.groupName);
    // A group may have a longer name than its retry topic can have: it works, without retries.
    if (topicNameProblem(topic) === undefined) {
      context.topics.createOnSendBack(
        topic,
        group.config.retryQueueNums,
        PERM_READ | PERM_WRITE,
        data.unitMode ? UNIT_SUB_FLAG : 0,
      );
    }
  }
  context.consumers.register(channel, data, group?.config.notifyConsumerIdsChangedEnable ?? true);
}
