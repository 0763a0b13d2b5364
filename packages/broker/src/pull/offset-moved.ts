/**
 * The event that a broker writes when it corrects a consumer's offset: a JSON message to OFFSET_MOVED_EVENT, with the group
 * as its tag and key.
 *
 *   {"consumerGroup":…,"messageQueue":{"brokerName":…,"queueId":…,"topic":…},"offsetNew":…,"offsetRequest":…}
 *
 * Counterpart in RocketMQ: PullMessageProcessor.generateOffsetMovedEvent.
 */
import { OFFSET_MOVED_EVENT, PropertyKey } from '@rocketmq-ts/protocol';
import { AppendStatus } from '@rocketmq-ts/store';
import type { BrokerContext } from '../broker-context.ts';
import { bornHere, type MessageWriter } from '../send/message-writer.ts';
import type { Pull } from './pull.ts';

export function writeOffsetMovedEvent(
  context: BrokerContext,
  writer: MessageWriter,
  pull: Pull,
  offsetNew: number,
): void {
  const event = {
    consumerGroup: pull.group.name,
    messageQueue: { brokerName: context.config.brokerName, queueId: pull.queueId, topic: pull.topic.name },
    offsetNew,
    offsetRequest: pull.offset,
  };
  const status = writer.append(
    bornHere(context, {
      topic: context.store.topic(OFFSET_MOVED_EVENT),
      queueId: 0,
      properties: new Map([
        [PropertyKey.TAGS, pull.group.name],
        [PropertyKey.KEYS, pull.group.name],
        [PropertyKey.WAIT, 'true'],
      ]),
      body: Buffer.from(JSON.stringify(event)),
    }),
  );
  if (status !== AppendStatus.PUT_OK) {
    context.log.warn('an offset-moved event was not stored', {
      group: pull.group.name,
      topic: pull.topic.name,
    });
  }
}
