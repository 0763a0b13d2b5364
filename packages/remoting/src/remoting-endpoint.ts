/**
 * What a remoting server and a remoting client share: the table of handlers, the clock of their calls, bounds, logs, and
 * the set of open connections. Counterpart in RocketMQ: `NettyRemotingAbstract`.
 */
import { type Logger, type Platform, silentLogger } from '@rocketmq-ts/platform';
import { SerializeType } from '@rocketmq-ts/protocol';
import type { Handler } from './command.ts';
import type { Connection } from './connection.ts';
import type { ConnectionHost } from './connection-host.ts';
import { ConnectionSet } from './connection-set.ts';
import { DeadlineWheel } from './deadline-wheel.ts';
import { Dispatcher } from './dispatcher.ts';
import { FrameMemory } from './frame-memory.ts';
import { FrameSpan } from './frame-span.ts';
import type { RemotingLimits } from './limits.ts';
import { LogLimiter } from './log-limiter.ts';

export interface RemotingEndpointOptions {
  readonly platform: Platform;
  readonly logger?: Logger | undefined;
  /** Header form of requests: 0 JSON (default), 1 ROCKETMQ. Answers use that of their request; both are understood. */
  readonly serializeType?: number | undefined;
  readonly onClose?: ((connection: Connection, reason: Error | undefined) => void) | undefined;
}

export class RemotingEndpoint implements ConnectionHost {
  readonly platform: Platform;
  readonly limits: RemotingLimits;
  readonly logger: Logger;
  readonly peerLog: LogLimiter;
  outputHeldBytes = 0;
  readonly dispatcher: Dispatcher;
  readonly frame = new FrameSpan();
  readonly frameMemory: FrameMemory;
  readonly wheel: DeadlineWheel;
  readonly language: number;
  readonly serializeType: number;
  protected readonly connectionSet: ConnectionSet;
  readonly #onClose: RemotingEndpointOptions['onClose'];
  #lastId = 0;

  protected constructor(options: RemotingEndpointOptions, limits: RemotingLimits, language: number) {
    this.platform = options.platform;
    this.limits = limits;
    this.logger = options.logger ?? silentLogger;
    this.language = language;
    this.serializeType = options.serializeType ?? SerializeType.JSON;
    this.peerLog = new LogLimiter(this.logger, options.platform.clock);
    this.dispatcher = new Dispatcher(limits, this.logger);
    this.frameMemory = new FrameMemory(limits.partialFramesMaxBytes);
    this.wheel = new DeadlineWheel(options.platform.clock);
    this.connectionSet = new ConnectionSet(options.platform.clock, limits);
    this.#onClose = options.onClose;
  }

  get connections(): Iterable<Connection> {
    return this.connectionSet;
  }

  /** Registers a handler for requests of the peers, see Handler; a code without one is answered 3. The latest counts. */
  handle(code: number, handler: Handler): void {
    this.dispatcher.handle(code, handler);
  }

  connectionClosed(connection: Connection, reason: Error | undefined): void {
    this.connectionSet.delete(connection);
    this.#onClose?.(connection, reason);
  }

  /** The number of the next connection, from 1 on. */
  protected nextId(): number {
    return ++this.#lastId;
  }
}
