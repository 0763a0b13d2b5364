/** What handlers and callers see of requests and answers. */
import type { HeaderView } from '@rocketmq-ts/protocol';
import type { Connection } from './connection.ts';

/** Header fields of a request or an answer. Numbers and booleans are written as RocketMQ writes them. */
export type ExtFields =
  | Readonly<Record<string, string | number | boolean | undefined>>
  | ReadonlyMap<string, string>;

/** A request as an ordinary handler gets it. It may be kept: nothing in it is reused. */
export interface Request {
  readonly code: number;
  readonly opaque: number;
  /** Of the peer, as it announced it in this request. */
  readonly language: number;
  readonly version: number;
  readonly flag: number;
  readonly oneway: boolean;
  readonly remark: string | undefined;
  readonly ext: ReadonlyMap<string, string>;
  /** Empty when there is none. */
  readonly body: Buffer;
  readonly serializeType: number;
}

export interface Response {
  readonly code: number;
  readonly remark?: string | undefined;
  readonly ext?: ExtFields | undefined;
  /** Not copied when large: must not change after it was given. */
  readonly body?: Uint8Array | undefined;
}

/** A request to be sent. */
export interface Command {
  readonly code: number;
  readonly ext?: ExtFields | undefined;
  readonly body?: Uint8Array | undefined;
  readonly remark?: string | undefined;
}

/** Returns, or resolves to, the answer; undefined when there is none or it is given elsewhere. */
export type Handler = (
  request: Request,
  connection: Connection,
) => Response | undefined | Promise<Response | undefined>;

/**
 * A hot handler: `view`, and `buffer` between `bodyStart` and `bodyEnd`, are valid during the call only. It answers
 * through `connection.output` or `connection.respond`, now or later, and never to a one-way request.
 */
export type RawHandler = (
  view: HeaderView,
  buffer: Buffer,
  bodyStart: number,
  bodyEnd: number,
  connection: Connection,
) => void;

/**
 * Looks at every request before its handler does; what it answers goes back instead (for a one-way request, nothing
 * does). Throwing a ResponseError is the same. Arguments are as for a RawHandler.
 */
export type RequestGuard = (
  view: HeaderView,
  buffer: Buffer,
  bodyStart: number,
  bodyEnd: number,
  connection: Connection,
) => Response | undefined;

/** Gets the outcome of a call without a promise: exactly one of its methods is called, once. */
export interface CallListener {
  /** `view`, and `buffer` between `bodyStart` and `bodyEnd`, are valid during the call only. */
  onResponse(view: HeaderView, buffer: Buffer, bodyStart: number, bodyEnd: number): void;
  onError(error: Error): void;
}

/** Encodes one whole request frame with this `opaque` into the output. Called synchronously or once connected. */
export type RequestWriter = (output: OutputTarget, opaque: number) => void;

/** The part of OutputBuffer that encoders need. */
export interface OutputTarget {
  /** Memory to write into; read it anew after each `reserve`. */
  readonly buffer: Buffer;
  /** Makes room for `bytes` and answers the position in `buffer` to write at. */
  reserve(bytes: number): number;
  /** Says that what was written up to `end` belongs to the output. */
  commit(end: number): void;
  /** Adds memory by reference (a short piece is copied); `release` is called once it may change again. */
  appendSpan(memory: Buffer, start: number, end: number, release?: () => void): void;
}
