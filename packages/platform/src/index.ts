export type { Clock, Timer } from './clock.ts';
export type { FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export type { ByteStream, ByteStreamHandler, ConnectOptions, Listener, Network } from './network.ts';
export type { Platform } from './platform.ts';
export type { ProcessTable } from './process-table.ts';
export type { Random } from './random.ts';
export { type CertificateOptions, createCertificate, type IssuedCertificate } from './real/certificate.ts';
export { makeFolder } from './real/make-folder.ts';
export { RealClock } from './real/real-clock.ts';
export { RealFileSystem } from './real/real-file-system.ts';
export { RealNetwork } from './real/real-network.ts';
export { realPlatform } from './real/real-platform.ts';
export { realProcessTable } from './real/real-process-table.ts';
export { RealRandom } from './real/real-random.ts';
export type {
  ClientCertificates,
  TlsAcceptor,
  TlsClientOptions,
  TlsConnector,
  TlsIdentity,
  TlsServerOptions,
  TlsSupport,
} from './tls.ts';
export { Turn, TurnPhase, type TurnTask } from './turn.ts';
