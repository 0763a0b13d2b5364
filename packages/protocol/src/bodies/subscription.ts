import { javaHashCode } from '../message/tags-code.ts';
import { ProtocolError } from '../protocol-error.ts';
import { ResponseCode } from '../response-code.ts';
import {
  bean,
  bodyCodec,
  bool,
  integer,
  mapOf,
  roundedInt64,
  setOf,
  text,
  textOr,
  type ValueCodec,
} from './body-codec.ts';
import { type DataVersion, dataVersionCodec } from './topic-config.ts';

/**
 * What consumers subscribe to (`SubscriptionData`, `FilterAPI`) and how groups are configured
 * (`SubscriptionGroupConfig`, `SubscriptionGroupWrapper`, the latter also subscriptionGroup.json).
 */
export interface SubscriptionData {
  classFilterMode: boolean;
  topic: string;
  subString: string;
  tagsSet: string[];
  /** `javaHashCode` of each tag. */
  codeSet: number[];
  subVersion: number;
  /** `TAG` or `SQL92`. */
  expressionType: string;
}

export interface SubscriptionGroupConfig {
  groupName: string;
  consumeEnable: boolean;
  consumeFromMinEnable: boolean;
  consumeBroadcastEnable: boolean;
  retryQueueNums: number;
  retryMaxTimes: number;
  brokerId: number;
  whichBrokerWhenConsumeSlowly: number;
  notifyConsumerIdsChangedEnable: boolean;
}

export interface SubscriptionGroupWrapper {
  dataVersion: DataVersion;
  subscriptionGroupTable: Map<string, SubscriptionGroupConfig>;
}

export const SUB_ALL = '*';
export const ExpressionType = { TAG: 'TAG', SQL92: 'SQL92' } as const;

/** TAG subscription: `TagA || TagB`; `*`, empty or undefined for all. Throws ProtocolError for bars alone. */
export function buildSubscriptionData(
  topic: string,
  subString: string | undefined,
  subVersion: number,
): SubscriptionData {
  const all = subString === undefined || subString === '' || subString === SUB_ALL;
  const parts = all ? [] : subString.split('||').map(javaTrim);
  if (!all && /^(\|\|)+$/.test(subString)) {
    throw new ProtocolError(
      'SUBSCRIPTION_ILLEGAL',
      `subscription ${JSON.stringify(subString)} names no tag`,
      {
        responseCode: ResponseCode.SUBSCRIPTION_PARSE_FAILED,
      },
    );
  }
  const tagsSet = [...new Set(parts.filter((tag) => tag !== ''))];
  return {
    classFilterMode: false,
    topic,
    subString: all ? SUB_ALL : subString,
    tagsSet,
    codeSet: [...new Set(tagsSet.map(javaHashCode))],
    subVersion,
    expressionType: ExpressionType.TAG,
  };
}

/** `String.trim` of Java: strips characters up to U+0020 only. */
function javaTrim(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text.charCodeAt(start) <= 0x20) start++;
  while (end > start && text.charCodeAt(end - 1) <= 0x20) end--;
  return text.slice(start, end);
}

/** A subscription of any expression type; other types than TAG keep the expression as it is and need one. */
export function buildSubscription(
  topic: string,
  expression: string | undefined,
  expressionType: string | undefined,
  subVersion: number,
): SubscriptionData {
  if (expressionType === undefined || expressionType === ExpressionType.TAG) {
    return buildSubscriptionData(topic, expression, subVersion);
  }
  if (expression === undefined || expression === '') {
    throw new ProtocolError('SUBSCRIPTION_ILLEGAL', `a ${expressionType} subscription needs an expression`, {
      responseCode: ResponseCode.SUBSCRIPTION_PARSE_FAILED,
    });
  }
  return {
    classFilterMode: false,
    topic,
    subString: expression,
    tagsSet: [],
    codeSet: [],
    subVersion,
    expressionType,
  };
}

/** A group with the defaults of 4.4.0. */
export function newSubscriptionGroupConfig(groupName: string): SubscriptionGroupConfig {
  return {
    groupName,
    consumeEnable: true,
    consumeFromMinEnable: true,
    consumeBroadcastEnable: true,
    retryQueueNums: 1,
    retryMaxTimes: 16,
    brokerId: 0,
    whichBrokerWhenConsumeSlowly: 1,
    notifyConsumerIdsChangedEnable: true,
  };
}

export const subscriptionDataCodec: ValueCodec<SubscriptionData> = bean<SubscriptionData>({
  classFilterMode: bool(),
  codeSet: setOf(integer()),
  expressionType: textOr(ExpressionType.TAG),
  subString: textOr(SUB_ALL),
  subVersion: roundedInt64,
  tagsSet: setOf(text),
  topic: text,
});

const groupConfigCodec = bean<SubscriptionGroupConfig>({
  brokerId: integer(),
  consumeBroadcastEnable: bool(true),
  consumeEnable: bool(true),
  consumeFromMinEnable: bool(true),
  groupName: text,
  notifyConsumerIdsChangedEnable: bool(true),
  retryMaxTimes: integer(16),
  retryQueueNums: integer(1),
  whichBrokerWhenConsumeSlowly: integer(1),
});

const subscriptionData = bodyCodec<SubscriptionData>('SubscriptionData', subscriptionDataCodec);
export const encodeSubscriptionData = subscriptionData.encode;
export const decodeSubscriptionData = subscriptionData.decode;

const groupConfig = bodyCodec<SubscriptionGroupConfig>('SubscriptionGroupConfig', groupConfigCodec);
export const encodeSubscriptionGroupConfig = groupConfig.encode;
export const decodeSubscriptionGroupConfig = groupConfig.decode;

const wrapper = bodyCodec<SubscriptionGroupWrapper>(
  'SubscriptionGroupWrapper',
  bean({ dataVersion: dataVersionCodec, subscriptionGroupTable: mapOf(groupConfigCodec) }),
);
export const encodeSubscriptionGroupWrapper = wrapper.encode;
export const decodeSubscriptionGroupWrapper = wrapper.decode;
