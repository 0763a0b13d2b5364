/** The topic under which a listener gets a message: the one it was first sent to, without the namespace. */
import { PropertyKey } from '@rocketmq-ts/protocol';
import type { ReceivedMessage } from '../message/received-message.ts';
import type { Namespace } from '../namespace.ts';

/** `retry`: the group's retry topic. */
export function giveApplicationTopic(message: ReceivedMessage, retry: string, namespace: Namespace): void {
  if (message.topic === retry) {
    message.topic = message.properties.get(PropertyKey.RETRY_TOPIC) ?? message.topic;
  }
  namespace.stripMessage(message);
}
