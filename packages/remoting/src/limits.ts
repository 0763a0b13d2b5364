/** Every bound of a server's or client's connections, with its default. */
export interface RemotingLimits {
  /** Largest frame in bytes, its length field not counted (`com.rocketmq.remoting.frameMaxLength`). */
  readonly frameMaxBytes: number;
  /** Bytes that frames not yet complete may hold, over all connections; past it the oldest of them is cut off. */
  readonly partialFramesMaxBytes: number;
  /** Milliseconds a frame may take from its first byte to its last. */
  readonly partialFrameTimeoutMs: number;
  /** Connections of a server at one time; one more is closed at once. */
  readonly maxConnections: number;
  /** Milliseconds without a byte in either direction until a connection is closed; 0 never closes. */
  readonly idleTimeoutMs: number;
  /**
   * Bytes waiting for a slow reader at which its requests are no longer read. Not for clients: what waits there are their own
   * requests, for a server that may itself be waiting until its answers are read.
   */
  readonly outputHighWaterBytes: number;
  /** Bytes waiting for a slow reader at which it is cut off. */
  readonly outputMaxBytes: number;
  /** Bytes waiting for slow readers, over all connections, at which those that already wait are cut off. */
  readonly outputTotalMaxBytes: number;
  /** Requests of one connection whose handlers have not finished; one more is answered SYSTEM_BUSY. */
  readonly maxRequestsInFlight: number;
  /** Bytes of the bodies of such requests, over all connections. */
  readonly maxRequestBytesInFlight: number;
  /** Calls waiting for an answer: of one client, or from a server to one of its connections. */
  readonly asyncPermits: number;
  /** One-way requests not yet handed to the operating system, counted in the same way. */
  readonly onewayPermits: number;
  /** Milliseconds until a client's connection attempt fails. */
  readonly connectTimeoutMs: number;
  /** Milliseconds for which calls fail at once after a first failed attempt; doubles with every further one. */
  readonly reconnectBackoffMs: number;
  readonly reconnectBackoffMaxMs: number;
}

const MIB = 1024 * 1024;

const COMMON_LIMITS = {
  frameMaxBytes: 16 * MIB,
  partialFramesMaxBytes: 256 * MIB,
  partialFrameTimeoutMs: 60_000,
  maxConnections: 10_000,
  idleTimeoutMs: 120_000,
  outputMaxBytes: 64 * MIB,
  outputTotalMaxBytes: 512 * MIB,
  maxRequestsInFlight: 4096,
  maxRequestBytesInFlight: 256 * MIB,
  connectTimeoutMs: 3000,
  reconnectBackoffMs: 50,
  reconnectBackoffMaxMs: 1000,
} as const;

/** RocketMQ's own bounds where it has them (`serverAsyncSemaphoreValue`, `serverOnewaySemaphoreValue`, …). */
export const DEFAULT_SERVER_LIMITS: RemotingLimits = {
  ...COMMON_LIMITS,
  outputHighWaterBytes: 4 * MIB,
  asyncPermits: 64,
  onewayPermits: 256,
};

export const DEFAULT_CLIENT_LIMITS: RemotingLimits = {
  ...COMMON_LIMITS,
  outputHighWaterBytes: Number.POSITIVE_INFINITY,
  asyncPermits: 65_535,
  onewayPermits: 65_535,
};
