/** One client program as seen through one of its connections (RocketMQ: ClientChannelInfo). */
import type { Connection } from '@rocketmq-ts/remoting';

export interface ClientChannel {
  readonly connection: Connection;
  readonly clientId: string;
  readonly language: number;
  readonly version: number;
  /** Monotonic milliseconds of the last heartbeat. */
  lastSeenMs: number;
}
