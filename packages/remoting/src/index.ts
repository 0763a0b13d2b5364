export { formatAddress, type HostPort, parseAddress } from './address.ts';
export type {
  CallListener,
  Command,
  ExtFields,
  Handler,
  OutputTarget,
  RawHandler,
  Request,
  RequestGuard,
  RequestWriter,
  Response,
} from './command.ts';
export { Connection } from './connection.ts';
export {
  BadFrameError,
  type ConnectionLimitCode,
  ConnectionLimitError,
  RemotingClosedError,
  RemotingConnectError,
  RemotingError,
  RemotingSendRequestError,
  RemotingTimeoutError,
  RemotingTooMuchRequestError,
  ResponseError,
} from './errors.ts';
export { encodeFrame, type FrameHeader } from './frame-encoder.ts';
export { DEFAULT_CLIENT_LIMITS, DEFAULT_SERVER_LIMITS, type RemotingLimits } from './limits.ts';
export { OutputBuffer } from './output-buffer.ts';
export { findPortBase } from './port-base.ts';
export { RemotingClient, type RemotingClientOptions } from './remoting-client.ts';
export { RemotingServer, type RemotingServerOptions } from './remoting-server.ts';
