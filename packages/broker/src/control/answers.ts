/** Answers in few words. */
import { ResponseCode } from '@rocketmq-ts/protocol';
import type { Response } from '@rocketmq-ts/remoting';

const SUCCESS: Response = { code: ResponseCode.SUCCESS };

export function success(body?: Buffer, ext?: Response['ext']): Response {
  return body === undefined && ext === undefined ? SUCCESS : { code: ResponseCode.SUCCESS, body, ext };
}

export function failure(code: number, remark: string): Response {
  return { code, remark };
}

/** SYSTEM_ERROR, what 4.4.0 answers when it has no better code. */
export function systemError(remark: string): Response {
  return { code: ResponseCode.SYSTEM_ERROR, remark };
}
