/** What a ClientInstance asks of the consumers and transaction producers registered at it. */
import type {
  CheckTransactionStateRequestHeader,
  ConsumeFromWhere,
  ConsumeMessageDirectlyResult,
  ConsumerRunningInfo,
  ConsumeType,
  MessageExt,
  MessageModel,
  SubscriptionData,
  TopicRouteData,
} from '@rocketmq-ts/protocol';
import type { MessageQueue } from '../message/message-queue.ts';
import type { ReceivedMessage } from '../message/received-message.ts';

export interface ProducerMember {
  readonly group: string;
  /** A topic whose brokers are to know the group before it has sent anything. */
  readonly announcedTo?: string;
  /** A transaction producer: tells the broker at `address` what became of the transaction, soon; never throws. */
  readonly checkTransactionState?: (
    address: string,
    message: ReceivedMessage,
    header: CheckTransactionStateRequestHeader,
  ) => void;
}

export interface ConsumerMember {
  readonly group: string;
  readonly consumeType: ConsumeType;
  readonly messageModel: MessageModel;
  readonly consumeFromWhere: ConsumeFromWhere;
  readonly unitMode: boolean;
  subscriptions(): readonly SubscriptionData[];
  onRouteChanged(topic: string, route: TopicRouteData): void;
  /** Members have come or gone, or subscribe to something else; never throws. */
  membersChanged(): void;
  /** Divides the queues anew, soon; never throws. */
  rebalance(): void;
  /** Stores what was consumed; never rejects. */
  persistOffsets(): Promise<void>;
  /** Carries out RESET_CONSUMER_CLIENT_OFFSET. */
  resetOffset(topic: string, offsets: readonly QueueOffset[]): Promise<void>;
  /** Offsets in memory, of one topic. */
  offsets(topic: string): readonly QueueOffset[];
  runningInfo(): Promise<ConsumerRunningInfo>;
  consumeDirectly(message: MessageExt, brokerName: string | undefined): Promise<ConsumeMessageDirectlyResult>;
}

export interface QueueOffset {
  readonly messageQueue: MessageQueue;
  readonly offset: number;
}
