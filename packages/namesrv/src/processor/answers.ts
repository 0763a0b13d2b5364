/** Answers that several handlers give. */
import { encodeTopicList, ResponseCode } from '@rocketmq-ts/protocol';
import type { Response } from '@rocketmq-ts/remoting';
import { ResponseError } from '@rocketmq-ts/remoting';
import { NamesrvError } from '../namesrv-error.ts';

export const SUCCESS: Response = { code: ResponseCode.SUCCESS };

export function topicList(topics: string[]): Response {
  return { code: ResponseCode.SUCCESS, body: encodeTopicList({ topicList: topics }) };
}

/** Runs `task`; a NamesrvError becomes a SYSTEM_ERROR answer with its text. */
export function answeringErrors<T>(task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (!(error instanceof NamesrvError)) throw error;
    throw new ResponseError(ResponseCode.SYSTEM_ERROR, error.message, {
      cause: error,
      retriable: error.retriable,
    });
  }
}
