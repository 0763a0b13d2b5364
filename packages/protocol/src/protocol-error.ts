import { ResponseCode } from './response-code.ts';

/**
 * The one error of this package: bytes or values that are not what the protocol allows.
 *
 * It is always about the input, never retriable as it stands, and says what was asked for, what was found and
 * what to do. `responseCode` is what a server answers when a request causes it.
 */
export type ProtocolErrorCode =
  | 'FRAME_MALFORMED'
  | 'HEADER_MALFORMED'
  | 'HEADER_FIELD_MISSING'
  | 'HEADER_FIELD_INVALID'
  | 'HEADER_NOT_ENCODABLE'
  | 'JSON_MALFORMED'
  | 'JSON_TOO_LARGE'
  | 'BODY_MALFORMED'
  | 'MESSAGE_MALFORMED'
  | 'MESSAGE_ILLEGAL'
  | 'MESSAGE_ID_MALFORMED'
  | 'COMPRESSION_FAILED'
  | 'NAME_ILLEGAL'
  | 'SUBSCRIPTION_ILLEGAL'
  | 'PROPERTIES_MALFORMED'
  | 'NUMBER_OUT_OF_RANGE';

export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;
  readonly retriable = false;
  /** The response code (`ResponseCode`) for a request that caused this. */
  readonly responseCode: number;

  constructor(
    code: ProtocolErrorCode,
    message: string,
    options: { cause?: unknown; responseCode?: number } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.responseCode = options.responseCode ?? ResponseCode.SYSTEM_ERROR;
  }
}
