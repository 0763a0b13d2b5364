/** Asks one online consumer something on behalf of an administrator (RocketMQ: AdminBrokerProcessor.callConsumer). */
import { MQVersion, ResponseCode, versionDesc } from '@rocketmq-ts/protocol';
import { type Command, RemotingTimeoutError, type Response } from '@rocketmq-ts/remoting';
import { failure, systemError } from './answers.ts';
import type { ControlContext } from './control-context.ts';

const TIMEOUT_MS = 10_000;

export async function callConsumer(
  context: ControlContext,
  group: string,
  clientId: string,
  command: Command,
): Promise<Response> {
  const channel = context.consumers.find(group)?.findClient(clientId);
  if (channel === undefined) return systemError(`The Consumer <${group}> <${clientId}> not online`);
  if (channel.version < MQVersion.V3_1_8_SNAPSHOT) {
    const version = versionDesc(channel.version);
    return systemError(
      `The Consumer <${clientId}> Version <${version}> too low to finish, please upgrade it to V3_1_8_SNAPSHOT`,
    );
  }
  try {
    const answer = await channel.connection.invoke(command, TIMEOUT_MS);
    return {
      code: answer.code,
      remark: answer.code === ResponseCode.SUCCESS ? undefined : answer.remark,
      ext: answer.ext.size > 0 ? answer.ext : undefined,
      body: answer.body,
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return error instanceof RemotingTimeoutError
      ? failure(ResponseCode.CONSUME_MSG_TIMEOUT, `consumer <${group}> <${clientId}> Timeout: ${reason}`)
      : systemError(`invoke consumer <${group}> <${clientId}> Exception: ${reason}`);
  }
}
