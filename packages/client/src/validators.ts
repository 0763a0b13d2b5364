/**
 * What groups, topics and bodies may be: RocketMQ's Validators. Topics and bodies are refused with MESSAGE_ILLEGAL
 * (13), groups with CLIENT_CONFIG_ILLEGAL.
 */
import { DEFAULT_TOPIC } from '@rocketmq-ts/protocol';
import { MQClientError } from './errors.ts';

const namePattern = /^[%|a-zA-Z0-9_-]+$/;
const nameMaxLength = 255;

export function checkGroup(group: unknown, optionName: string, reserved: string): string {
  const problem =
    typeof group !== 'string' || group.trim() === ''
      ? 'is blank'
      : !namePattern.test(group)
        ? `is "${group}", which holds a character outside ${namePattern.source}`
        : group.length > nameMaxLength
          ? `is ${group.length} characters long, more than ${nameMaxLength}`
          : group === reserved
            ? `is ${reserved}, which is reserved`
            : undefined;
  if (problem === undefined) return group as string;
  throw new MQClientError(
    'CLIENT_CONFIG_ILLEGAL',
    `${optionName} ${problem}; give the group a name of its own`,
  );
}

/** Throws MESSAGE_ILLEGAL when no message may be sent to `topic`. */
export function checkTopic(topic: unknown): string {
  const problem =
    typeof topic !== 'string' || topic.trim() === ''
      ? 'The specified topic is blank'
      : !namePattern.test(topic)
        ? `The specified topic[${topic}] contains illegal characters, allowing only ${namePattern.source}`
        : topic.length > nameMaxLength
          ? `The specified topic is ${topic.length} characters long, longer than topic max length ${nameMaxLength}`
          : topic === DEFAULT_TOPIC
            ? `The topic[${topic}] is conflict with AUTO_CREATE_TOPIC_KEY_TOPIC: it is the template of new topics`
            : undefined;
  if (problem === undefined) return topic as string;
  throw illegal(problem);
}

export function checkBodySize(sizeBytes: number, maxMessageSize: number): void {
  if (sizeBytes === 0) throw illegal('the message body length is zero');
  if (sizeBytes > maxMessageSize) {
    throw illegal(
      `the message body size over max value, MAX: ${maxMessageSize}, found ${sizeBytes}; ` +
        'send less, or raise maxMessageSize here and on the brokers',
    );
  }
}

export function illegal(message: string): MQClientError {
  return new MQClientError('MESSAGE_ILLEGAL', message);
}
