/**
 * A send request by the general encoder: for what the templates do not do, one-way sends and requests that a hook looks
 * at.
 */
import {
  CURRENT_VERSION,
  encodeSendMessageRequestHeaderV2,
  type HeaderView,
  LanguageCode,
  type RemotingCommand,
  RequestCode,
  SerializeType,
} from '@rocketmq-ts/protocol';
import { encodeFrame, type OutputTarget } from '@rocketmq-ts/remoting';
import type { HookedRequest } from '../instance/rpc-hook.ts';
import type { PreparedMessage } from './prepared-message.ts';
import type { SendSettings } from './producer-options.ts';
import { asBuffer } from './send-template.ts';

export function generalRequest(
  settings: SendSettings,
  message: PreparedMessage,
  queueId: number,
  bornTimestamp: number,
): HookedRequest {
  const { body, maxReconsumeTimes } = message;
  return {
    code: message.batch ? RequestCode.SEND_BATCH_MESSAGE : RequestCode.SEND_MESSAGE_V2,
    ext: encodeSendMessageRequestHeaderV2({
      producerGroup: settings.producerGroup,
      topic: message.topic,
      defaultTopic: settings.createTopicKey,
      defaultTopicQueueNums: settings.defaultTopicQueueNums,
      queueId,
      sysFlag: message.sysFlag,
      bornTimestamp,
      flag: message.flag,
      properties: propertyList(message),
      reconsumeTimes: message.reconsumeTimes,
      unitMode: settings.unitMode,
      maxReconsumeTimes,
      batch: message.batch,
    }),
    body: typeof body === 'string' ? Buffer.from(body) : asBuffer(body),
  };
}

export function writeGeneralRequest(output: OutputTarget, opaque: number, request: HookedRequest): void {
  const header = {
    code: request.code,
    language: LanguageCode.OTHER,
    version: CURRENT_VERSION,
    opaque,
    flag: 0,
    remark: undefined,
    ext: request.ext,
    serializeType: SerializeType.JSON,
  };
  encodeFrame(output, header, request.body);
}

/** An answer as hooks see it. */
export function answerOf(view: HeaderView): RemotingCommand {
  const { code, language, version, opaque, flag, serializeType } = view;
  const ext = view.toExt();
  return {
    code,
    language,
    version,
    opaque,
    flag,
    remark: view.remark(),
    ext,
    body: undefined,
    serializeType,
  };
}

function propertyList(message: PreparedMessage): string {
  const uniqKey = message.uniqKey === undefined ? '' : `UNIQ_KEY\x01${message.uniqKey}\x02`;
  return `WAIT\x01${message.wait}\x02${uniqKey}${JSON.parse(`"${message.properties}"`)}`;
}
