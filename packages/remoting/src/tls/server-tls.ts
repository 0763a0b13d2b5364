/**
 * TLS of a server's ports: decides by the first byte of a connection whether it is encrypted, plain or refused, and follows
 * its keys when their files change. Counterpart: the handshake handler of NettyRemotingServer, and FileWatchService.
 *
 *     first byte          disabled   permissive                    enforcing
 *     0x16 (handshake)    refused    TLS; without a key refused    TLS
 *     any other           plain      plain                         refused
 *
 * A frame begins with a length below 2^24, so with 0x00. Whatever accepts streams can use it, not only RemotingServer.
 *
 * Keys that are set and cannot be used stop the start; later, those read before stay in force and the log says why.
 * Connections that are open stay when keys change.
 */
import {
  type Logger,
  type Platform,
  silentLogger,
  type Timer,
  type TlsAcceptor,
} from '@rocketmq-ts/platform';
import { TlsError } from '../errors.ts';
import { TlsFiles, type TlsMaterial } from './tls-files.ts';
import type { TlsServerSettings } from './tls-settings.ts';

const HANDSHAKE = 0x16;
const WATCH_INTERVAL_MS = 500;
const DAY_MS = 86_400_000;
const TEST_VALID_MS = 365 * DAY_MS;

export class ServerTls {
  readonly handshakeTimeoutMs: number;
  readonly #settings: TlsServerSettings;
  readonly #logger: Logger;
  readonly #acceptor: TlsAcceptor | undefined;
  readonly #files: TlsFiles | undefined;
  readonly #watch: Timer | undefined;
  /** What was logged last about files that cannot be used. */
  #complaint = '';

  private constructor(platform: Platform, settings: TlsServerSettings, logger: Logger) {
    this.#settings = settings;
    this.#logger = logger;
    this.handshakeTimeoutMs = settings.handshakeTimeoutMs;
    if (settings.mode === 'disabled') return;
    if (settings.testMode) {
      this.#acceptor = testAcceptor(platform, settings, logger);
      return;
    }
    checkPaths(settings);
    if (settings.keyPath === undefined && settings.certPath === undefined) return;
    this.#files = new TlsFiles(platform.fileSystem, settings, 'tls.server');
    this.#acceptor = this.#open(platform, this.#files);
    this.#watch = platform.clock.setInterval(() => this.#renewIfChanged(), WATCH_INTERVAL_MS);
  }

  /** Throws TlsError: keys are missing although they are needed, or cannot be used. */
  static open(platform: Platform, settings: TlsServerSettings, logger: Logger = silentLogger): ServerTls {
    return new ServerTls(platform, settings, logger);
  }

  stop(): void {
    this.#watch?.cancel();
  }

  /** Whether a connection is encrypted, by its first byte. */
  isHandshake(firstByte: number | undefined): boolean {
    return firstByte === HANDSHAKE;
  }

  /** Why a connection that begins so is refused, or undefined. */
  refusal(isHandshake: boolean): TlsError | undefined {
    const { mode } = this.#settings;
    if (!isHandshake) {
      if (mode !== 'enforcing') return undefined;
      return refused('it is not encrypted, and tls.server.mode is enforcing: use TLS (tls.enable=true)');
    }
    if (this.#acceptor !== undefined) return undefined;
    if (mode === 'disabled') return refused('it begins a TLS handshake, and tls.server.mode is disabled');
    return refused(
      'it begins a TLS handshake, and there is no key: set tls.server.keyPath and tls.server.certPath',
    );
  }

  /** For a handshake that is not refused; see TlsAcceptor.secure. */
  get acceptor(): TlsAcceptor {
    return this.#acceptor!;
  }

  #open(platform: Platform, files: TlsFiles): TlsAcceptor {
    const material = files.readIfChanged()!;
    try {
      return tlsOf(platform).createAcceptor({
        identity: material.identity!,
        trustedPem: this.#trusted(material),
        clientCertificates: this.#settings.clientCertificates,
      });
    } catch (error) {
      throw error instanceof TlsError ? error : files.unusable(error);
    }
  }

  #renewIfChanged(): void {
    try {
      const material = this.#files!.readIfChanged();
      if (material === undefined) return;
      try {
        this.#acceptor!.renew({ identity: material.identity!, trustedPem: this.#trusted(material) });
      } catch (error) {
        throw this.#files!.unusable(error);
      }
      this.#logger.info('TLS keys and certificates read anew');
      this.#complaint = '';
    } catch (error) {
      this.#complain((error as Error).message);
    }
  }

  /** Once: files are looked at twice a second, and one that is away stays away for a while. */
  #complain(message: string): void {
    if (message === this.#complaint) return;
    this.#complaint = message;
    this.#logger.error(`${message}; the keys read before stay in force`);
  }

  #trusted(material: TlsMaterial): string | undefined {
    return this.#settings.authClient ? material.trustedPem : undefined;
  }
}

function refused(why: string): TlsError {
  return new TlsError('TLS_REFUSED', `connection refused: ${why}`);
}

function checkPaths(settings: TlsServerSettings): void {
  const { mode, keyPath, certPath, clientCertificates, authClient, trustCertPath } = settings;
  if (mode === 'enforcing' && keyPath === undefined && certPath === undefined) {
    throw new TlsError(
      'TLS_SETTING',
      'tls.server.mode=enforcing needs a key: set tls.server.keyPath and tls.server.certPath ' +
        '(tls.test.mode.enable=true makes one that nobody can verify, for trying things out)',
    );
  }
  if (clientCertificates !== 'none' && authClient && trustCertPath === undefined) {
    throw new TlsError(
      'TLS_SETTING',
      `tls.server.need.client.auth=${clientCertificates} needs tls.server.trustCertPath, the certificates that sign ` +
        'those of clients (tls.server.authClient=false takes any certificate)',
    );
  }
}

function testAcceptor(platform: Platform, settings: TlsServerSettings, logger: Logger): TlsAcceptor {
  logger.warn('TLS test mode: the server shows a certificate made at start that nobody can verify');
  if (settings.keyPath !== undefined || settings.certPath !== undefined) {
    logger.warn('TLS test mode: tls.server.keyPath and tls.server.certPath are not used');
  }
  const tls = tlsOf(platform);
  const now = platform.clock.now();
  return tls.createAcceptor({
    identity: tls.createSelfSigned(['localhost', '127.0.0.1'], now - DAY_MS, now + TEST_VALID_MS),
    clientCertificates: 'none',
    trustedPem: undefined,
  });
}

/** The TLS of a platform's network. Throws TlsError where there is none. */
export function tlsOf(platform: Platform): NonNullable<Platform['network']['tls']> {
  const { tls } = platform.network;
  if (tls !== undefined) return tls;
  throw new TlsError(
    'TLS_SETTING',
    'this network has no TLS: set tls.server.mode=disabled and no tls.enable',
  );
}
