export { formatAddress, type HostPort, parseAddress } from './address.ts';
export { type AddressServer, addressServerUrl, askAddressServer } from './address-server.ts';
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
  TlsError,
  type TlsErrorCode,
} from './errors.ts';
export { encodeFrame, type FrameHeader } from './frame-encoder.ts';
export { HeldPorts } from './held-ports.ts';
export { DEFAULT_CLIENT_LIMITS, DEFAULT_SERVER_LIMITS, type RemotingLimits } from './limits.ts';
export { OutputBuffer } from './output-buffer.ts';
export { RemotingClient, type RemotingClientOptions } from './remoting-client.ts';
export { RemotingServer, type RemotingServerOptions } from './remoting-server.ts';
export { ClientTls } from './tls/client-tls.ts';
export { ServerTls } from './tls/server-tls.ts';
export { isTlsSetting, TLS_SETTING_KEYS, tlsSettingProblem, tlsSettingsOf } from './tls/tls-setting-keys.ts';
export {
  type ClientTlsOptions,
  readTlsSettings,
  resolveClientTls,
  type TlsClientSettings,
  type TlsServerMode,
  type TlsServerSettings,
  type TlsSettings,
} from './tls/tls-settings.ts';
