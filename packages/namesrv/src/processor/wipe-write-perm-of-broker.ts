/** WIPE_WRITE_PERM_OF_BROKER (205): forbids sending to a broker, until it registers changed topics. */
import { parseWipeWritePermOfBrokerRequestHeader, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function wipeWritePermOfBroker(context: NamesrvContext): Handler {
  return (request, connection) => {
    const { brokerName } = parseWipeWritePermOfBrokerRequestHeader(request.ext);
    const wipeTopicCount = context.routes.topics.wipeWritePerm(brokerName);
    const by = connection.remoteAddress;
    context.logger.info('write permission wiped', { brokerName, wipeTopicCount, by });
    return { code: ResponseCode.SUCCESS, ext: { wipeTopicCount } };
  };
}
