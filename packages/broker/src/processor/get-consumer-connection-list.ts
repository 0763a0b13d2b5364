/** GET_CONSUMER_CONNECTION_LIST (203): the members of a consumer group and what they subscribe to (AdminBrokerProcessor). */
import { ExtReader, encodeConsumerConnection, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success } from '../control/answers.ts';
import { connectionOf } from '../control/connection-info.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getConsumerConnectionList(context: ControlContext): Handler {
  return (request) => {
    const name = new ExtReader(request.code, request.ext).string('consumerGroup');
    const group = context.consumers.find(name);
    if (group === undefined) {
      return failure(ResponseCode.CONSUMER_NOT_ONLINE, `the consumer group[${name}] not online`);
    }
    return success(
      encodeConsumerConnection({
        connectionSet: Array.from(group.channels(), connectionOf),
        subscriptionTable: new Map(group.subscriptions),
        consumeType: group.consumeType,
        messageModel: group.messageModel,
        consumeFromWhere: group.consumeFromWhere,
      }),
    );
  };
}
