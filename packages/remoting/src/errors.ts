/**
 * What can go wrong between two processes. Every class has a `code` (listed in docs/errors.md), says whether a caller
 * may try again, and keeps what caused it. The names follow RocketMQ's exceptions.
 */

/** The parent of every error of this package. */
export class RemotingError extends Error {
  /** Stable name, for programs. */
  readonly code: string;
  /** Whether the same call may succeed when tried again, here or at another address. */
  readonly retriable: boolean;

  constructor(code: string, message: string, options: { retriable: boolean; cause?: unknown }) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.retriable = options.retriable;
  }
}

/** No connection to the address: nothing was sent. */
export class RemotingConnectError extends RemotingError {
  constructor(message: string, cause?: unknown) {
    super('REMOTING_CONNECT', message, { retriable: true, cause });
  }
}

/** No answer in time. The request may have been carried out. */
export class RemotingTimeoutError extends RemotingError {
  constructor(message: string) {
    super('REMOTING_TIMEOUT', message, { retriable: true });
  }
}

/** The connection broke with the request on its way. It may have been carried out. */
export class RemotingSendRequestError extends RemotingError {
  constructor(message: string, cause?: unknown) {
    super('REMOTING_SEND_REQUEST', message, { retriable: true, cause });
  }
}

/** Too many requests are under way: nothing was sent. */
export class RemotingTooMuchRequestError extends RemotingError {
  constructor(message: string) {
    super('REMOTING_TOO_MUCH_REQUEST', message, { retriable: true });
  }
}

/** The server or client was stopped. */
export class RemotingClosedError extends RemotingError {
  constructor(message: string) {
    super('REMOTING_CLOSED', message, { retriable: false });
  }
}

/** The peer sent what is no frame. Its connection is closed. */
export class BadFrameError extends RemotingError {
  constructor(message: string, cause?: unknown) {
    super('REMOTING_BAD_FRAME', message, { retriable: false, cause });
  }
}

/** A bound of the configuration closed a connection: `REMOTING_SLOW_READER`, `REMOTING_IDLE`, … */
export class ConnectionLimitError extends RemotingError {
  constructor(code: ConnectionLimitCode, message: string) {
    super(code, message, { retriable: true });
  }
}

export type ConnectionLimitCode =
  | 'REMOTING_SLOW_READER'
  | 'REMOTING_IDLE'
  | 'REMOTING_HALF_SENT_FRAME'
  | 'REMOTING_FRAME_MEMORY'
  | 'REMOTING_TLS_HANDSHAKE'
  | 'REMOTING_CONNECTIONS';

/** What is wrong with TLS: its settings, its files, or a connection that was refused because of it. */
export class TlsError extends RemotingError {
  constructor(code: TlsErrorCode, message: string, cause?: unknown) {
    super(code, message, { retriable: false, cause });
  }
}

export type TlsErrorCode = 'TLS_SETTING' | 'TLS_FILE' | 'TLS_REFUSED' | 'TLS_HANDSHAKE';

/** Thrown by a handler to answer `responseCode` with the message as the remark. */
export class ResponseError extends RemotingError {
  readonly responseCode: number;

  constructor(responseCode: number, remark: string, options: { retriable?: boolean; cause?: unknown } = {}) {
    super('REMOTING_RESPONSE', remark, { retriable: options.retriable ?? false, cause: options.cause });
    this.responseCode = responseCode;
  }
}
