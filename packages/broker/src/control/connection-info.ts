/** A client as administrators see it (RocketMQ: protocol.body.Connection). */
import type { ClientConnection } from '@rocketmq-ts/protocol';
import type { ClientChannel } from '../client/client-channel.ts';

export function connectionOf(channel: ClientChannel): ClientConnection {
  return {
    clientId: channel.clientId,
    clientAddr: channel.connection.remoteAddress,
    language: channel.language,
    version: channel.version,
  };
}
