/**
 * TLS of a client's connections: whom to trust and what to show. Files are looked at again with every new connection, so
 * that new keys are used without a restart; those read before stay in use when new ones cannot be.
 * Counterpart: the client's half of TlsHelper.
 */
import { type Logger, type Platform, silentLogger, type TlsConnector } from '@rocketmq-ts/platform';
import { tlsOf } from './server-tls.ts';
import { TlsFiles, type TlsMaterial } from './tls-files.ts';
import type { TlsClientSettings } from './tls-settings.ts';

export class ClientTls {
  readonly #platform: Platform;
  readonly #settings: TlsClientSettings;
  readonly #logger: Logger;
  readonly #files: TlsFiles;
  #connector: TlsConnector;

  private constructor(platform: Platform, settings: TlsClientSettings, logger: Logger) {
    this.#platform = platform;
    this.#settings = settings;
    this.#logger = logger;
    if (!this.#verifies)
      logger.warn('TLS without verification: the certificates of servers are not looked at');
    this.#files = new TlsFiles(platform.fileSystem, settings, 'tls.client');
    this.#connector = this.#create(this.#files.readIfChanged()!);
  }

  /** Throws TlsError when keys are set that cannot be used. */
  static open(
    platform: Platform,
    settings: TlsClientSettings = {},
    logger: Logger = silentLogger,
  ): ClientTls {
    return new ClientTls(platform, settings, logger);
  }

  /** For `ConnectOptions.tls` of the next connection. */
  connector(): TlsConnector {
    try {
      const material = this.#files.readIfChanged();
      if (material !== undefined) this.#connector = this.#create(material);
    } catch (error) {
      this.#logger.error(`${(error as Error).message}; the keys read before stay in use`);
    }
    return this.#connector;
  }

  /** What a failed handshake means, in words of ours. */
  explain(error: unknown): string {
    const { code, message } = error as NodeJS.ErrnoException;
    const meaning = MEANINGS.get(code ?? '');
    return meaning === undefined ? message : `${meaning} (${code}: ${message})`;
  }

  get #verifies(): boolean {
    return this.#settings.testMode !== true && this.#settings.authServer !== false;
  }

  #create(material: TlsMaterial): TlsConnector {
    const tls = tlsOf(this.#platform);
    try {
      return tls.createConnector({
        ...material,
        verify: this.#verifies,
        verifyHostname: this.#settings.verifyHostname !== false,
      });
    } catch (error) {
      throw this.#files.unusable(error);
    }
  }
}

const UNTRUSTED = "the server's certificate is not signed by a trusted one: set tls.client.trustCertPath";

const MEANINGS = new Map([
  ['SELF_SIGNED_CERT_IN_CHAIN', UNTRUSTED],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', UNTRUSTED],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT', UNTRUSTED],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', UNTRUSTED],
  ['CERT_HAS_EXPIRED', "the server's certificate has expired"],
  ['CERT_NOT_YET_VALID', "the server's certificate is not valid yet: compare the clocks"],
  [
    'ERR_TLS_CERT_ALTNAME_INVALID',
    "the server's certificate is for another address: issue it for this one, or set tls.client.verifyHostname=false " +
      'when every certificate of the authority may be trusted',
  ],
  [
    'ECONNRESET',
    'the server ended the connection during the TLS handshake: it may take none (tls.server.mode=disabled, or no key)',
  ],
]);
