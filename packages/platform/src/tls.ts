/**
 * Encryption of byte streams, as a part of the network seam: keys and certificates come in as PEM, streams go on as before.
 * A simulated network has none.
 */
import type { ByteStream } from './network.ts';

/** A certificate with those above it, and its key. */
export interface TlsIdentity {
  readonly certificatePem: string;
  /** PKCS#8 (may be encrypted), PKCS#1 or SEC1. */
  readonly keyPem: string;
  readonly keyPassword?: string | undefined;
}

/**
 * `none`: not asked for. `optional`: a peer may have none, but not a wrong one. `require`: a peer without one is refused.
 */
export type ClientCertificates = 'none' | 'optional' | 'require';

export interface TlsServerOptions {
  readonly identity: TlsIdentity;
  readonly clientCertificates: ClientCertificates;
  /** Certificates that sign those of clients. Undefined takes any certificate a client shows. */
  readonly trustedPem: string | undefined;
}

export interface TlsAcceptor {
  /** Takes other keys and trusted certificates for handshakes to come; streams under way stay. Throws as `createAcceptor`. */
  renew(options: Pick<TlsServerOptions, 'identity' | 'trustedPem'>): void;
  /**
   * Goes on with an accepted stream as TLS. `firstBytes` came already. Its handler then gets what is inside, and what it
   * writes is held until the handshake is done. `onDone` hears once how the handshake ended, before the handler
   * hears of a close; a stream whose handshake failed is destroyed.
   */
  secure(stream: ByteStream, firstBytes: Buffer, onDone: (error: Error | undefined) => void): void;
}

export interface TlsClientOptions {
  /** Shown to servers that ask for one. */
  readonly identity: TlsIdentity | undefined;
  /** Certificates that sign those of servers. Undefined: those that the runtime trusts. */
  readonly trustedPem: string | undefined;
  /** Whether a server's certificate is looked at. */
  readonly verify: boolean;
  /** Whether it must also be for the address that was connected to. */
  readonly verifyHostname: boolean;
}

/** For `ConnectOptions.tls`: made once for many connections. */
export interface TlsConnector {
  readonly options: TlsClientOptions;
}

export interface TlsSupport {
  /** Throws the runtime's error when key, password, certificate or trusted certificates cannot be used. */
  createAcceptor(options: TlsServerOptions): TlsAcceptor;
  /** Throws as `createAcceptor`. */
  createConnector(options: TlsClientOptions): TlsConnector;
  /** A key and a certificate that nobody signed, for host names and addresses: for trying things out. */
  createSelfSigned(names: readonly string[], validFromMs: number, validUntilMs: number): TlsIdentity;
}
