/** What can go wrong inside the broker; codes are listed in docs/errors.md. */
export type BrokerErrorCode =
  /** A setting cannot be used. */
  | 'BROKER_BAD_SETTING'
  /** A file of the broker's own state cannot be read, nor can the version before it. */
  | 'BROKER_STATE_DAMAGED'
  /** The broker could not start: ports taken, store not opened. */
  | 'BROKER_START_FAILED'
  /** A peer of the replication does not keep to the protocol. */
  | 'BROKER_BAD_PEER'
  /** A slave could not copy topics, groups or offsets from its master. */
  | 'BROKER_SYNC_FAILED';

export class BrokerError extends Error {
  readonly code: BrokerErrorCode;
  /** Whether the same call may succeed later. */
  readonly retriable: boolean;

  constructor(
    code: BrokerErrorCode,
    message: string,
    options: { retriable?: boolean; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'BrokerError';
    this.code = code;
    this.retriable = options.retriable ?? false;
  }
}
