/** UNREGISTER_BROKER (104): a broker that stops takes itself out of the routes. */
import { parseUnRegisterBrokerRequestHeader } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { SUCCESS } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function unregisterBroker(context: NamesrvContext): Handler {
  return (request) => {
    const header = parseUnRegisterBrokerRequestHeader(request.ext);
    context.routes.unregister(header.clusterName, header.brokerName, header.brokerAddr, header.brokerId);
    return SUCCESS;
  };
}
