/** GET_PRODUCER_CONNECTION_LIST (204): the members of a producer group (AdminBrokerProcessor). */
import { ExtReader, encodeProducerConnection } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';
import { connectionOf } from '../control/connection-info.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getProducerConnectionList(context: ControlContext): Handler {
  return (request) => {
    const name = new ExtReader(request.code, request.ext).string('producerGroup');
    const members = context.producers.members(name);
    if (members === undefined) return systemError(`the producer group[${name}] not exist`);
    return success(encodeProducerConnection({ connectionSet: members.map(connectionOf) }));
  };
}
