export type { Clock, Timer } from './clock.ts';
export type { FileStat, FileSystem, OpenFile, OpenMode } from './file-system.ts';
export { type LogFields, type Logger, silentLogger } from './logger.ts';
export type { ByteStream, ByteStreamHandler, ConnectOptions, Listener, Network } from './network.ts';
export type { Platform } from './platform.ts';
export type { Random } from './random.ts';
export { RealClock } from './real/real-clock.ts';
export { RealNetwork } from './real/real-network.ts';
export { Turn, TurnPhase, type TurnTask } from './turn.ts';
