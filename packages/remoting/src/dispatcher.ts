/**
 * Brings every request frame to its handler, and what the handler gives back to the connection. One for all
 * connections of a server or a client, whatever port they came in on.
 *
 * Invariants: nothing a peer sends throws out of `dispatch` but BadFrameError, which closes that peer's connection. A
 * one-way request is never answered; every other request handled here is answered exactly once, unless its handler
 * says that it is answered elsewhere. Behaviour: `NettyRemotingAbstract.processRequestCommand`.
 */
import type { Logger } from '@rocketmq-ts/platform';
import {
  decodeHeader,
  FLAG_ONEWAY,
  HeaderView,
  ProtocolError,
  ResponseCode,
  requestCodeName,
} from '@rocketmq-ts/protocol';
import type { Handler, RawHandler, Request, RequestGuard, Response } from './command.ts';
import type { Connection } from './connection.ts';
import { BadFrameError, ResponseError } from './errors.ts';
import type { FrameSpan } from './frame-span.ts';
import type { RemotingLimits } from './limits.ts';

export class Dispatcher {
  /** Of the frame being dispatched. */
  readonly view = new HeaderView();
  guard: RequestGuard | undefined;
  readonly #handlers = new Map<number, Handler>();
  readonly #rawHandlers = new Map<number, RawHandler>();
  readonly #limits: RemotingLimits;
  readonly #logger: Logger;
  #bytesInFlight = 0;
  #requestsInFlight = 0;

  constructor(limits: RemotingLimits, logger: Logger) {
    this.#limits = limits;
    this.#logger = logger;
  }

  handle(code: number, handler: Handler): void {
    this.#rawHandlers.delete(code);
    this.#handlers.set(code, handler);
  }

  handleRaw(code: number, handler: RawHandler): void {
    this.#handlers.delete(code);
    this.#rawHandlers.set(code, handler);
  }

  /** Requests whose handlers have not finished. */
  get requestsInFlight(): number {
    return this.#requestsInFlight;
  }

  /** Reads the header of a frame into `view`. */
  scan(frame: FrameSpan): void {
    try {
      this.view.scan(frame.buffer, frame.headerStart, frame.bodyStart, frame.serializeType);
    } catch (error) {
      throw new BadFrameError(`the header of a frame cannot be read: ${(error as Error).message}`, error);
    }
  }

  /** The request whose header is in `view`. */
  dispatch(frame: FrameSpan, connection: Connection): void {
    const view = this.view;
    const code = view.code;
    const opaque = view.opaque;
    const oneway = (view.flag & FLAG_ONEWAY) !== 0;
    const serializeType = frame.serializeType;
    connection.language = view.language;
    connection.version = view.version;
    try {
      if (this.guard !== undefined) {
        const refusal = this.guard(view, frame.buffer, frame.bodyStart, frame.end, connection);
        if (refusal !== undefined) {
          if (!oneway) connection.respond(opaque, serializeType, refusal);
          return;
        }
      }
      const raw = this.#rawHandlers.get(code);
      if (raw !== undefined) {
        raw(view, frame.buffer, frame.bodyStart, frame.end, connection);
        return;
      }
      const handler = this.#handlers.get(code);
      if (handler !== undefined) {
        this.#callHandler(handler, frame, connection);
        return;
      }
    } catch (error) {
      const failure = this.#failure(code, connection, error);
      if (!oneway) connection.respond(opaque, serializeType, failure);
      return;
    }
    if (!oneway) {
      connection.respond(opaque, serializeType, {
        code: ResponseCode.REQUEST_CODE_NOT_SUPPORTED,
        remark: ` request type ${code} not supported`,
      });
    }
  }

  #callHandler(handler: Handler, frame: FrameSpan, connection: Connection): void {
    const request = decodeRequest(frame);
    if (this.#refuseWhenBusy(request, connection)) return;
    const result = handler(request, connection);
    if (result === undefined || !('then' in result)) {
      if (result !== undefined) answer(request, connection, result);
      return;
    }
    connection.requestsInFlight++;
    this.#requestsInFlight++;
    this.#bytesInFlight += request.body.length;
    result.then(
      (response) => {
        this.#finished(request, connection);
        if (response !== undefined) answer(request, connection, response);
      },
      (error: unknown) => {
        this.#finished(request, connection);
        answer(request, connection, this.#failure(request.code, connection, error));
      },
    );
  }

  #refuseWhenBusy(request: Request, connection: Connection): boolean {
    const limits = this.#limits;
    let reason: string;
    if (connection.requestsInFlight >= limits.maxRequestsInFlight) {
      reason = `${connection.requestsInFlight} requests of this connection are under way (maxRequestsInFlight)`;
    } else if (
      this.#bytesInFlight > 0 &&
      this.#bytesInFlight + request.body.length > limits.maxRequestBytesInFlight
    ) {
      reason = `requests under way hold ${this.#bytesInFlight} bytes (maxRequestBytesInFlight)`;
    } else return false;
    answer(request, connection, {
      code: ResponseCode.SYSTEM_BUSY,
      remark: `[OVERLOAD]${reason}: try again later`,
    });
    return true;
  }

  #finished(request: Request, connection: Connection): void {
    connection.requestsInFlight--;
    this.#requestsInFlight--;
    this.#bytesInFlight -= request.body.length;
  }

  /** What a failed handler answers: the error's own code and text, or a general one when it is our mistake. */
  #failure(code: number, connection: Connection, error: unknown): Response {
    if (error instanceof ResponseError || error instanceof ProtocolError) {
      return { code: error.responseCode, remark: error.message };
    }
    const message = error instanceof Error ? error.message : String(error);
    this.#logger.error(`handler of ${requestCodeName(code)} (${code}) failed`, {
      peer: connection.remoteAddress,
      error,
    });
    return {
      code: ResponseCode.SYSTEM_ERROR,
      remark: `${requestCodeName(code)} (${code}) failed: ${message}`,
    };
  }
}

function answer(request: Request, connection: Connection, response: Response): void {
  if (!request.oneway) connection.respond(request.opaque, request.serializeType, response);
}

/** An own copy of the request, which its handler may keep. */
export function decodeRequest(frame: FrameSpan): Request {
  const header = decodeHeader(frame.buffer, frame.headerStart, frame.bodyStart, frame.serializeType);
  return {
    code: header.code,
    opaque: header.opaque,
    language: header.language,
    version: header.version,
    flag: header.flag,
    oneway: (header.flag & FLAG_ONEWAY) !== 0,
    remark: header.remark,
    ext: header.ext,
    body: frame.copyBody(),
    serializeType: header.serializeType,
  };
}
