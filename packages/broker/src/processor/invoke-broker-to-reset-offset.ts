/**
 * INVOKE_BROKER_TO_RESET_OFFSET (222): works out where a group should go on from, by time, and tells its online members (220),
 * which then store the new offsets themselves.
 *
 * Counterpart in RocketMQ: Broker2Client.resetOffset.
 */
import {
  ExtReader,
  encodeResetOffsetBody,
  encodeResetOffsetBodyForC,
  LanguageCode,
  type MessageQueue,
  MQVersion,
  RequestCode,
  ResponseCode,
  versionDesc,
} from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { failure, success, systemError } from '../control/answers.ts';
import type { ControlContext } from '../control/control-context.ts';
import { queueOf } from '../control/queue-of.ts';

/** Means: to the end. */
const NOW = -1;

interface Reset {
  readonly topic: string;
  readonly group: string;
  readonly timestamp: number;
  readonly isForce: boolean;
}

export function invokeBrokerToResetOffset(context: ControlContext): Handler {
  return async (request, connection) => {
    const header = new ExtReader(request.code, request.ext);
    const reset: Reset = {
      topic: header.string('topic'),
      group: header.string('group'),
      timestamp: header.long('timestamp'),
      isForce: header.optionalBoolean('isForce') ?? false,
    };
    context.logger.info('an administrator resets the offsets of a group', {
      ...reset,
      by: connection.remoteAddress,
    });
    const entry = context.topics.find(reset.topic);
    if (entry === undefined) {
      return systemError(`[reset-offset] reset offset failed, no topic in this broker. topic=${reset.topic}`);
    }
    const offsets = await newOffsets(context, reset, entry.config.writeQueueNums);
    if (offsets === undefined) return systemError(`THe consumer group <${reset.group}> not exist`);
    return tellMembers(context, reset, offsets, request.language === LanguageCode.CPP);
  };
}

/** Undefined when the group has not consumed every queue yet. */
async function newOffsets(
  context: ControlContext,
  reset: Reset,
  queueNums: number,
): Promise<Map<MessageQueue, number> | undefined> {
  const offsets = new Map<MessageQueue, number>();
  for (let queueId = 0; queueId < queueNums; queueId++) {
    const consumed = context.offsets.query(reset.group, reset.topic, queueId);
    if (consumed < 0) return undefined;
    const wanted =
      reset.timestamp === NOW
        ? context.store.maxOffset(reset.topic, queueId)
        : await context.store.offsetByTime(reset.topic, queueId, reset.timestamp);
    const offset = Math.max(0, wanted);
    offsets.set(
      queueOf(context, reset.topic, queueId),
      reset.isForce || offset < consumed ? offset : consumed,
    );
  }
  return offsets;
}

function tellMembers(
  context: ControlContext,
  reset: Reset,
  offsetTable: Map<MessageQueue, number>,
  asList: boolean,
) {
  const group = context.consumers.find(reset.group);
  if (group === undefined || group.size === 0) {
    return failure(
      ResponseCode.CONSUMER_NOT_ONLINE,
      `Consumer not online, so can not reset offset, Group: ${reset.group} Topic: ${reset.topic} Timestamp: ${reset.timestamp}`,
    );
  }
  const body = encodeResetOffsetBody({ offsetTable });
  const list = encodeResetOffsetBodyForC({
    offsetTable: Array.from(offsetTable, ([queue, offset]) => ({ ...queue, offset })),
  });
  const { topic, group: name, timestamp, isForce } = reset;
  for (const channel of group.channels()) {
    if (channel.version < MQVersion.V3_0_7_SNAPSHOT) {
      return systemError(`the client does not support this feature. version=${versionDesc(channel.version)}`);
    }
    if (channel.connection.closed) continue;
    channel.connection.oneway({
      code: RequestCode.RESET_CONSUMER_CLIENT_OFFSET,
      ext: { topic, group: name, timestamp, isForce },
      body: asList || channel.language === LanguageCode.CPP ? list : body,
    });
  }
  return success(body);
}
