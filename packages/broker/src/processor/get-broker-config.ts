/** GET_BROKER_CONFIG (26): every setting as `key=value` lines (AdminBrokerProcessor.getBrokerConfig). */
import type { Handler } from '@rocketmq-ts/remoting';
import { success } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';

export function getBrokerConfig(context: ControlContext): Handler {
  return () => {
    let text = '';
    for (const [key, value] of context.config.properties()) text += `${key}=${value}\n`;
    const { counter, timestamp } = context.config.version;
    return success(Buffer.from(text, 'utf8'), { version: JSON.stringify({ counter, timestamp }) });
  };
}
