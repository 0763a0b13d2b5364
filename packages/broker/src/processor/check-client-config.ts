/** CHECK_CLIENT_CONFIG (46): whether this broker can filter as a consumer asks for (ClientManageProcessor). */
import { FilterSyntaxError, SqlFilter } from '@rocketmq-ts/filter';
import { decodeCheckClientRequestBody, ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success, systemError } from '../control/answers.ts';
import { unsupportedFilter } from '../pull/pull-filter.ts';
import { SQL92 } from '../pull/sql-filter.ts';

export function checkClientConfig(settings: { readonly enablePropertyFilter: boolean }): Handler {
  return (request) => {
    const subscription = decodeCheckClientRequestBody(request.body).subscriptionData;
    const type = subscription?.expressionType ?? '';
    if (type === '' || type === 'TAG') return success();
    if (type !== SQL92 || !settings.enablePropertyFilter) return systemError(unsupportedFilter(type));
    try {
      SqlFilter.compile(subscription?.subString ?? '');
      return success();
    } catch (error) {
      if (error instanceof FilterSyntaxError)
        return failure(ResponseCode.SUBSCRIPTION_PARSE_FAILED, error.message);
      throw error;
    }
  };
}
