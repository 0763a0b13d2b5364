/** CHECK_CLIENT_CONFIG (46): whether this broker can filter as a consumer asks for (ClientManageProcessor). */
import { decodeCheckClientRequestBody } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { success, systemError } from '../control/answers.ts';

export function checkClientConfig(): Handler {
  return (request) => {
    const subscription = decodeCheckClientRequestBody(request.body).subscriptionData;
    const type = subscription?.expressionType ?? '';
    if (type === '' || type === 'TAG') return success();
    return systemError(`The broker does not support consumer to filter message by ${type}`);
  };
}
