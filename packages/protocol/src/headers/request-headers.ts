/**
 * All typed headers. `parseX(ext)` reads one, throwing ProtocolError; `encodeX(header)` gives its ext fields.
 */
export * from './broker-admin-headers.ts';
export * from './message-headers.ts';
export * from './namesrv-headers.ts';
export * from './offset-headers.ts';
