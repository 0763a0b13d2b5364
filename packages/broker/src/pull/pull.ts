/**
 * One PULL_MESSAGE request, copied out of its frame so that it can wait for messages.
 *
 * Invariant: nothing of the received chunk is referenced.
 */

import type { Connection } from '@rocketmq-ts/remoting';
import type { MessageFilter } from '@rocketmq-ts/store';
import type { GroupEntry, TopicEntry } from '../broker-context.ts';
import type { HeldQueue } from './held-pulls.ts';

export class Pull {
  readonly connection: Connection;
  readonly opaque: number;
  readonly serializeType: number;
  readonly group: GroupEntry;
  readonly topic: TopicEntry;
  readonly queueId: number;
  /** As asked for. */
  readonly offset: number;
  readonly maxMsgNums: number;
  readonly sysFlag: number;
  readonly subVersion: number;
  /** From the subscription in the request itself; such a pull does not depend on heartbeats. */
  readonly inlineSubscription: boolean;
  /** Undefined lets every message through. */
  filter: MessageFilter | undefined;
  /** From where to look for messages: what lies before did not match. */
  scanOffset: number;

  // While it is held.
  /** Monotonic milliseconds. */
  deadline = 0;
  heldIn: HeldQueue | undefined;
  indexInQueue = 0;

  constructor(
    connection: Connection,
    opaque: number,
    serializeType: number,
    group: GroupEntry,
    topic: TopicEntry,
    queueId: number,
    offset: number,
    maxMsgNums: number,
    sysFlag: number,
    subVersion: number,
    inlineSubscription: boolean,
    filter: MessageFilter | undefined,
  ) {
    this.connection = connection;
    this.opaque = opaque;
    this.serializeType = serializeType;
    this.group = group;
    this.topic = topic;
    this.queueId = queueId;
    this.offset = offset;
    this.maxMsgNums = maxMsgNums;
    this.sysFlag = sysFlag;
    this.subVersion = subVersion;
    this.inlineSubscription = inlineSubscription;
    this.filter = filter;
    this.scanOffset = offset;
  }
}
