/**
 * What the client throws. Every error has a `code` (a name, listed in docs/errors.md), RocketMQ's numeric
 * `responseCode`, a `retriable` flag and, where something else was behind it, a `cause`.
 *
 * Behaviour from RocketMQ's MQClientException, MQBrokerException and ClientErrorCode; timeouts and broken connections
 * are the RemotingError classes of `@rocketmq-ts/remoting`.
 */
import { ResponseCode, responseCodeName } from '@rocketmq-ts/protocol';

/** Numbers RocketMQ's clients use for failures that no broker answered. */
export const ClientErrorCode = {
  CONNECT_BROKER_EXCEPTION: 10001,
  ACCESS_BROKER_TIMEOUT: 10002,
  BROKER_NOT_EXIST_EXCEPTION: 10003,
  NO_NAME_SERVER_EXCEPTION: 10004,
  NOT_FOUND_TOPIC_EXCEPTION: 10005,
} as const;

interface ClientErrorKind {
  readonly responseCode: number;
  readonly retriable: boolean;
}

/** Every code of MQClientError. A test holds docs/errors.md to this list. */
export const clientErrorKinds = {
  MESSAGE_ILLEGAL: { responseCode: 13, retriable: false },
  CONNECT_BROKER_EXCEPTION: { responseCode: 10001, retriable: true },
  ACCESS_BROKER_TIMEOUT: { responseCode: 10002, retriable: true },
  BROKER_NOT_EXIST_EXCEPTION: { responseCode: 10003, retriable: true },
  NO_NAME_SERVER_EXCEPTION: { responseCode: 10004, retriable: false },
  NOT_FOUND_TOPIC_EXCEPTION: { responseCode: 10005, retriable: true },
  NAME_SERVER_UNREACHABLE: { responseCode: -1, retriable: true },
  CLIENT_CONFIG_ILLEGAL: { responseCode: -1, retriable: false },
  CLIENT_NOT_RUNNING: { responseCode: -1, retriable: false },
  CLIENT_SHUT_DOWN: { responseCode: -1, retriable: false },
  GROUP_EXISTS_ALREADY: { responseCode: -1, retriable: false },
  QUEUE_NOT_FOUND: { responseCode: -1, retriable: false },
  NO_MESSAGE: { responseCode: 208, retriable: false },
  OFFSET_STORE_FAILED: { responseCode: -1, retriable: false },
  SEND_FAILED: { responseCode: -1, retriable: true },
} as const satisfies Record<string, ClientErrorKind>;

export type ClientErrorName = keyof typeof clientErrorKinds;

/** Something the client found out by itself, or after all its retries (then `cause` is the last failure). */
export class MQClientError extends Error {
  override readonly name: string = 'MQClientError';
  readonly code: ClientErrorName;
  /** RocketMQ's number: a ResponseCode, a ClientErrorCode, or -1 where Java has none. */
  readonly responseCode: number;
  readonly retriable: boolean;

  constructor(code: ClientErrorName, message: string, options?: { cause?: unknown; responseCode?: number }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.responseCode = options?.responseCode ?? clientErrorKinds[code].responseCode;
    this.retriable = clientErrorKinds[code].retriable;
  }
}

/** Codes after which a synchronous send is tried on another broker. */
export function isRetriedBySend(responseCode: number): boolean {
  switch (responseCode) {
    case ResponseCode.TOPIC_NOT_EXIST:
    case ResponseCode.SERVICE_NOT_AVAILABLE:
    case ResponseCode.SYSTEM_ERROR:
    case ResponseCode.NO_PERMISSION:
    case ResponseCode.NO_BUYER_ID:
    case ResponseCode.NOT_IN_CURRENT_UNIT:
      return true;
    default:
      return false;
  }
}

/** A broker or name server answered, and the answer was not a success. */
export class MQBrokerError extends Error {
  override readonly name: string = 'MQBrokerError';
  /** The response code's name, such as `TOPIC_NOT_EXIST`. */
  readonly code: string;
  readonly responseCode: number;
  /** The peer's own words. */
  readonly remark: string;
  readonly address: string;
  readonly retriable: boolean;

  constructor(responseCode: number, remark: string | undefined, address: string) {
    const code = responseCodeName(responseCode);
    super(
      `CODE: ${responseCode} (${code})  DESC: ${remark ?? 'the answer has no remark'}  BROKER: ${address}`,
    );
    this.code = code;
    this.responseCode = responseCode;
    this.remark = remark ?? '';
    this.address = address;
    this.retriable = responseCode === ResponseCode.SYSTEM_BUSY || isRetriedBySend(responseCode);
  }
}

/** The text of whatever was thrown. */
export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
