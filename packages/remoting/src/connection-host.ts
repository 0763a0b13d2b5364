/** What all connections of one server or one client have in common. */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import type { Connection } from './connection.ts';
import type { DeadlineWheel } from './deadline-wheel.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { FrameMemory } from './frame-memory.ts';
import type { FrameSpan } from './frame-span.ts';
import type { RemotingLimits } from './limits.ts';
import type { LogLimiter } from './log-limiter.ts';
import type { ClientTls } from './tls/client-tls.ts';
import type { ServerTls } from './tls/server-tls.ts';

export interface ConnectionHost {
  readonly platform: Platform;
  readonly limits: RemotingLimits;
  readonly logger: Logger;
  /** For what peers can bring about. */
  readonly peerLog: LogLimiter;
  /** Kept by the connections: bytes that wait for slow readers. */
  outputHeldBytes: number;
  readonly dispatcher: Dispatcher;
  readonly frame: FrameSpan;
  readonly frameMemory: FrameMemory;
  readonly wheel: DeadlineWheel;
  /** Of a server: looks at the first byte of every connection. Undefined: all are plain. */
  readonly serverTls?: ServerTls | undefined;
  /** Of a client: encrypts its connections. */
  readonly clientTls?: ClientTls | undefined;
  /** Announced in requests. */
  readonly language: number;
  /** Of requests. */
  readonly serializeType: number;
  /** Called once, after the connection's own listeners. */
  connectionClosed(connection: Connection, reason: Error | undefined): void;
  /** A call on this connection was not answered in time. */
  callTimedOut?(connection: Connection): void;
}
