/** What the parts of one push consumer share. */
import type { Clock, Logger } from '@rocketmq-ts/platform';
import type { SubscriptionData } from '@rocketmq-ts/protocol';
import type { ClientInstance } from '../instance/client-instance.ts';
import type { MessageQueue } from '../message/message-queue.ts';
import type { BoundConsumeHooks } from './consume-hooks.ts';
import type { ConsumeService } from './consume-service.ts';
import type { ConsumerStats } from './consumer-stats.ts';
import type { OffsetStore } from './offset-store.ts';
import type { ProcessQueue } from './process-queue.ts';
import type { PullClient } from './pull-client.ts';
import type { PushConsumerSettings } from './push-consumer-options.ts';
import type { QueueLocks } from './queue-locks.ts';
import type { SendBack } from './send-back.ts';

export interface ConsumerParts {
  readonly instance: ClientInstance;
  /** Replaced as a whole when some of them are changed. */
  settings: PushConsumerSettings;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly orderly: boolean;
  readonly clustering: boolean;
  /** By topic; a clustering consumer's retry topic is in it. */
  readonly subscriptions: Map<string, SubscriptionData>;
  /** The queues this client consumes now, by MessageQueue.key. */
  readonly processQueues: Map<string, ProcessQueue>;
  readonly offsets: OffsetStore;
  readonly pullClient: PullClient;
  readonly stats: ConsumerStats;
  readonly sendBack: SendBack;
  readonly locks: QueueLocks;
  readonly hooks: BoundConsumeHooks;
  /** Made of these parts, and set before anything starts. */
  consumeService: ConsumeService;
  /** Thresholds of flow control as they are now: rebalancing divides those of a topic. */
  readonly thresholds: { messages: number; mib: number };
  /** Aborts when the consumer shuts down; given to listeners. */
  readonly signal: AbortSignal;
  /** Queues the application has chosen of a topic; undefined when queues are divided among the group. */
  readonly assigned: ((topic: string) => readonly MessageQueue[] | undefined) | undefined;
  /** Whether pulling is suspended. */
  isPaused(): boolean;
}
