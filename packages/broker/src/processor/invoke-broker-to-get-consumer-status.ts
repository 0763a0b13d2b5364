/**
 * INVOKE_BROKER_TO_GET_CONSUMER_STATUS (223): asks the online members of a group (221) how far each has consumed.
 * Counterpart in RocketMQ: Broker2Client.getConsumeStatus.
 */
import {
  decodeGetConsumerStatusBody,
  ExtReader,
  encodeGetConsumerStatusBody,
  type MessageQueue,
  MQVersion,
  RequestCode,
  ResponseCode,
  versionDesc,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

const CLIENT_TIMEOUT_MS = 5_000;

export function invokeBrokerToGetConsumerStatus(context: ControlContext): Handler {
  return async (request) => {
    const header = new ExtReader(request.code, request.ext);
    const topic = header.string('topic');
    const group = header.string('group');
    const wanted = header.optionalString('clientAddr')?.trim() ?? '';
    const members = [...(context.consumers.find(group)?.channels() ?? [])];
    if (members.length === 0) return systemError(`No Any Consumer online in the consumer group: [${group}]`);
    const asked = members.filter((member) => wanted === '' || member.clientId === wanted);
    const tooOld = asked.find((member) => member.version < MQVersion.V3_0_7_SNAPSHOT);
    if (tooOld !== undefined) {
      return systemError(`the client does not support this feature. version=${versionDesc(tooOld.version)}`);
    }
    const consumerTable = new Map<string, Map<MessageQueue, number>>();
    const command = { code: RequestCode.GET_CONSUMER_STATUS_FROM_CLIENT, ext: { topic, group } };
    await Promise.all(
      asked.map(async (member) => {
        try {
          const answer = await member.connection.invoke(command, CLIENT_TIMEOUT_MS);
          if (answer.code !== ResponseCode.SUCCESS || answer.body === undefined) return;
          consumerTable.set(member.clientId, decodeGetConsumerStatusBody(answer.body).messageQueueTable);
        } catch (error) {
          context.logger.warn('a consumer did not tell its status', {
            group,
            clientId: member.clientId,
            error,
          });
        }
      }),
    );
    return success(encodeGetConsumerStatusBody({ messageQueueTable: new Map(), consumerTable }));
  };
}
