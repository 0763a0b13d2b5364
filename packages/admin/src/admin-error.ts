/**
 * What administration throws: AdminError for what it finds out by itself, AdminAnswerError for a server's refusal. Both
 * have a `code` (listed in docs/errors.md), a `retriable` flag and a `cause`. Broken connections and timeouts are the
 * RemotingError classes of `@rocketmq-ts/remoting`.
 */
import { ResponseCode, requestCodeName, responseCodeName } from '@rocketmq-ts/protocol';

/** Every code of AdminError, and whether the same call may succeed when tried again. */
export const adminErrorCodes = {
  /** The command line is wrong, or what it names cannot be meant. */
  ADMIN_USAGE: false,
  ADMIN_NO_NAME_SERVER: false,
  ADMIN_NAME_SERVER_UNREACHABLE: true,
  ADMIN_CLUSTER_UNKNOWN: false,
  ADMIN_BROKER_UNKNOWN: false,
  ADMIN_NOT_FOUND: false,
  ADMIN_CREDENTIALS: false,
  ADMIN_CONTEXT: false,
  ADMIN_NOT_CONFIRMED: false,
  ADMIN_PARTLY_FAILED: true,
  ADMIN_UNHEALTHY: true,
  /** A store folder is damaged, and not (all) mended. */
  ADMIN_STORE_DAMAGED: false,
} as const satisfies Record<string, boolean>;

export type AdminErrorCode = keyof typeof adminErrorCodes;

export class AdminError extends Error {
  override readonly name: string = 'AdminError';
  readonly code: AdminErrorCode;
  readonly retriable: boolean;

  constructor(code: AdminErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.retriable = adminErrorCodes[code];
  }
}

/** A broker or name server answered with another code than success. */
export class AdminAnswerError extends Error {
  override readonly name = 'AdminAnswerError';
  /** The response code's name, such as `TOPIC_NOT_EXIST`. */
  readonly code: string;
  readonly responseCode: number;
  /** The server's own words. */
  readonly remark: string;
  readonly address: string;
  readonly retriable: boolean;

  constructor(responseCode: number, remark: string | undefined, address: string, requestCode: number) {
    const name = responseCodeName(responseCode);
    super(
      `CODE: ${responseCode} (${name})  DESC: ${remark || 'the answer has no remark'}  ` +
        `[${requestCodeName(requestCode)} to ${address}]`,
    );
    this.code = name;
    this.responseCode = responseCode;
    this.remark = remark ?? '';
    this.address = address;
    this.retriable = responseCode === ResponseCode.SYSTEM_BUSY;
  }
}

/** Whether a server answered this code. */
export function isAnswer(error: unknown, responseCode: number): error is AdminAnswerError {
  return error instanceof AdminAnswerError && error.responseCode === responseCode;
}

/**
 * Whether access control refused. Brokers say so with SYSTEM_ERROR and the name of the exception; 4.4.0's stumbles over an
 * unsigned request without fields, and says where.
 */
export function isDenied(error: unknown): boolean {
  if (!(error instanceof AdminAnswerError)) return false;
  return (
    error.responseCode === ResponseCode.NO_PERMISSION || error.remark.includes('org.apache.rocketmq.acl.')
  );
}

export function describeError(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
