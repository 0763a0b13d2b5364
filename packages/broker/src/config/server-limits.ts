/** The bounds of the broker's connections, from its configuration. */
import type { RemotingLimits } from '@rocketmq-ts/remoting';
import type { ConfigValues } from './config-keys.ts';

export function serverLimits(values: ConfigValues): Partial<RemotingLimits> {
  return {
    ...sharedLimits(values),
    maxConnections: values.maxConnections,
    idleTimeoutMs: values.serverChannelMaxIdleTimeSeconds * 1000,
    outputHighWaterBytes: values.outputHighWaterBytes,
    outputMaxBytes: values.outputMaxBytes,
    outputTotalMaxBytes: values.outputTotalMaxBytes,
    maxRequestsInFlight: values.maxRequestsInFlight,
    maxRequestBytesInFlight: values.maxRequestBytesInFlight,
    asyncPermits: values.serverAsyncSemaphoreValue,
    onewayPermits: values.serverOnewaySemaphoreValue,
  };
}

/** Of the connections to name servers. */
export function clientLimits(values: ConfigValues): Partial<RemotingLimits> {
  return {
    ...sharedLimits(values),
    idleTimeoutMs: values.clientChannelMaxIdleTimeSeconds * 1000,
    connectTimeoutMs: values.connectTimeoutMillis,
    asyncPermits: values.clientAsyncSemaphoreValue,
    onewayPermits: values.clientOnewaySemaphoreValue,
  };
}

function sharedLimits(values: ConfigValues): Partial<RemotingLimits> {
  return {
    frameMaxBytes: values.frameMaxBytes,
    partialFramesMaxBytes: values.partialFramesMaxBytes,
    partialFrameTimeoutMs: values.partialFrameTimeoutMs,
  };
}
