/** What the load generator is asked and what it answers, as messages between the two processes. */

/** Closed loop: `inFlight` sends are always unanswered on each connection, until `count` are answered. */
export interface SendRequest {
  readonly kind: 'send';
  readonly port: number;
  readonly topic: string;
  readonly connections: number;
  readonly inFlight: number;
  readonly count: number;
  /** Ends earlier when this much time has passed. */
  readonly maxSeconds: number;
  readonly bodyBytes: number;
}

/** Pulls all queues of a topic from the first to the last offset, one pull outstanding per queue. */
export interface DrainRequest {
  readonly kind: 'drain';
  readonly port: number;
  readonly topic: string;
}

/** Sends at a fixed rate while long polls on the same queues are held by a second connection. */
export interface EndToEndRequest {
  readonly kind: 'endToEnd';
  readonly port: number;
  readonly topic: string;
  readonly ratePerSecond: number;
  readonly seconds: number;
  readonly bodyBytes: number;
}

export type LoadRequest = SendRequest | DrainRequest | EndToEndRequest;

export interface LatencyUs {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

export interface LoadResult {
  /** Messages acknowledged or received. */
  readonly count: number;
  /** Answers with another code than 0. */
  readonly errors: number;
  readonly seconds: number;
  readonly latencyUs: LatencyUs | undefined;
  /** CPU time of the load generator itself: it must not be the bottleneck. */
  readonly generatorCpuSeconds: number;
}

export const QUEUES = 4;
