/** GET_NAMESRV_CONFIG (319): the whole configuration as `key=value` lines. */
import { ResponseCode } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import type { NamesrvContext } from './namesrv-context.ts';

export function getNamesrvConfig(context: NamesrvContext): Handler {
  return () => {
    const lines = [...context.config.properties()].map(([key, value]) => `${key}=${value}\n`);
    return { code: ResponseCode.SUCCESS, body: Buffer.from(lines.join(''), 'utf8') };
  };
}
