/** REGISTER_FILTER_SERVER (301): accepted for old filter servers, which 4.3 abolished; they are not told to clients. */
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function registerFilterServer(context: ControlContext): Handler {
  return () => {
    const { brokerName, brokerId } = context.settings;
    return success(undefined, { brokerName, brokerId });
  };
}
