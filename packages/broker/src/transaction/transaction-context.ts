/** What transactions stand on, besides the data path's context. */
import type { Connection } from '@rocketmq-ts/remoting';
import type { BrokerContext } from '../broker-context.ts';
import type { MessageWriter } from '../send/message-writer.ts';
import type { SendCompletion } from '../send/send-completion.ts';

/** Settings under RocketMQ's names; read on use. */
export interface TransactionSettings {
  /** Milliseconds after its birth before a half message is asked about for the first time. */
  transactionTimeOut: number;
  /** How often a producer is asked before the message is given up. */
  transactionCheckMax: number;
  /** Milliseconds between two rounds of questions. */
  transactionCheckInterval: number;
  /** Hours after which a half message is given up whatever happened. */
  fileReservedTime: number;
}

export interface TransactionContext {
  readonly broker: BrokerContext;
  readonly writer: MessageWriter;
  readonly settings: TransactionSettings;
  /** Tells when what was appended is safe. */
  readonly completion: Pick<SendCompletion, 'whenSafe' | 'isSafe'>;
  /** The living producers of a group in turn; undefined when none is connected. */
  readonly nextProducer: (group: string) => Connection | undefined;
}
