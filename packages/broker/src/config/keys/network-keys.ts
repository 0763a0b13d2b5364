/** Sockets (RocketMQ: NettyServerConfig, NettyClientConfig). */
import { bool, int, long } from '../config-key.ts';

const none = { effect: 'none', change: 'live' } as const;

export const networkKeys = {
  serverWorkerThreads: int(8, none),
  serverCallbackExecutorThreads: int(0, none),
  serverSelectorThreads: int(3, none),
  serverOnewaySemaphoreValue: int(256, { min: 1, change: 'restart' }),
  serverAsyncSemaphoreValue: int(64, { min: 1, change: 'restart' }),
  serverChannelMaxIdleTimeSeconds: int(120, { unit: 's', change: 'restart' }),
  serverSocketSndBufSize: int(131_072, { unit: 'bytes', ...none }),
  serverSocketRcvBufSize: int(131_072, { unit: 'bytes', ...none }),
  serverPooledByteBufAllocatorEnable: bool(true, none),
  useEpollNativeSelector: bool(false, none),
  clientWorkerThreads: int(4, none),
  clientCallbackExecutorThreads: int((host) => host.cpuCount, none),
  clientPooledByteBufAllocatorEnable: bool(false, none),
  clientOnewaySemaphoreValue: int(65_535, { min: 1, change: 'restart' }),
  clientAsyncSemaphoreValue: int(65_535, { min: 1, change: 'restart' }),
  connectTimeoutMillis: int(3_000, { unit: 'ms', min: 1, change: 'restart' }),
  channelNotActiveInterval: long(60_000, { unit: 'ms', ...none }),
  clientChannelMaxIdleTimeSeconds: int(120, { unit: 's', change: 'restart' }),
  clientSocketSndBufSize: int(131_072, { unit: 'bytes', ...none }),
  clientSocketRcvBufSize: int(131_072, { unit: 'bytes', ...none }),
  clientCloseSocketIfTimeout: bool(false, { effect: 'mapped', change: 'restart' }),
  useTLS: bool(false),
};
