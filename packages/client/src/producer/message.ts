/**
 * What applications send: any object of the form OutgoingMessage, or a Message, which has RocketMQ's constructors and
 * methods.
 */
import { illegal } from '../validators.ts';
import { checkPropertyName, checkPropertyValue } from './message-properties.ts';

export type MessageBody = string | Uint8Array;

export interface OutgoingMessage {
  readonly topic: string;
  /** Text is sent as UTF-8. Bytes must not change until the send is over. */
  readonly body: MessageBody;
  /** One tag, which consumers filter by. */
  readonly tags?: string | undefined;
  /** Keys to find the message by; a list is joined by spaces. */
  readonly keys?: string | readonly string[] | undefined;
  /** Properties of the application. RocketMQ's own names are refused. */
  readonly properties?: Readonly<Record<string, string>> | ReadonlyMap<string, string> | undefined;
  /** 1 to 18 by default: 1s 5s 10s 30s 1m 2m … 10m 20m 30m 1h 2h, as the broker's messageDelayLevel says. */
  readonly delayTimeLevel?: number | undefined;
  /** Whether the broker answers only once the message is stored as it is configured to. Default: true. */
  readonly waitStoreMsgOK?: boolean | undefined;
  /** An int32 for the application. Default: 0. */
  readonly flag?: number | undefined;
}

/** RocketMQ's Message: `new Message(topic, body)`, `(topic, tags, body)` or `(topic, tags, keys, body)`. */
export class Message implements OutgoingMessage {
  topic: string;
  body: MessageBody;
  tags: string | undefined;
  keys: string | readonly string[] | undefined;
  readonly properties = new Map<string, string>();
  delayTimeLevel: number | undefined;
  waitStoreMsgOK: boolean | undefined;
  flag: number | undefined;

  constructor(topic: string, body: MessageBody);
  constructor(topic: string, tags: string, body: MessageBody);
  constructor(topic: string, tags: string, keys: string | readonly string[], body: MessageBody);
  constructor(topic: string, ...rest: (MessageBody | readonly string[])[]) {
    if (rest.length < 1 || rest.length > 3)
      throw illegal(`a Message takes 2 to 4 arguments, not ${rest.length + 1}`);
    this.topic = topic;
    this.body = rest[rest.length - 1] as MessageBody;
    if (rest.length > 1) this.tags = rest[0] as string;
    if (rest.length > 2) this.keys = rest[1] as string | readonly string[];
  }

  /** Throws MESSAGE_ILLEGAL for RocketMQ's own names and for blank ones. */
  putUserProperty(name: string, value: string): void {
    checkPropertyName(name);
    checkPropertyValue(name, value);
    this.properties.set(name, value);
  }

  getUserProperty(name: string): string | undefined {
    return this.properties.get(name);
  }
}
