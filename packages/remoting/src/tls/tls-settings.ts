/**
 * The settings of TLS with every source in place: defaults, then what the process was given, then `tls.config.file`, which
 * wins as it does in RocketMQ (TlsHelper.extractTlsConfigFromFile). Unlike there, the file may hold every setting.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import { parseProperties } from '@rocketmq-ts/protocol';
import { TlsError } from '../errors.ts';
import { isTlsSetting, TLS_SETTING_KEYS, tlsSettingProblem, tlsSettingsOf } from './tls-setting-keys.ts';

export type TlsServerMode = 'disabled' | 'permissive' | 'enforcing';

export interface TlsServerSettings {
  readonly mode: TlsServerMode;
  readonly testMode: boolean;
  readonly handshakeTimeoutMs: number;
  readonly clientCertificates: 'none' | 'optional' | 'require';
  /** Whether certificates of clients must be signed by those of `trustCertPath`. */
  readonly authClient: boolean;
  /** Undefined: not set. So are the other paths. */
  readonly keyPath: string | undefined;
  readonly keyPassword: string | undefined;
  readonly certPath: string | undefined;
  readonly trustCertPath: string | undefined;
}

/** How a client proves a server, and itself. Files are PEM. */
export interface TlsClientSettings {
  /** Takes any certificate of a server. Default: false. */
  readonly testMode?: boolean | undefined;
  /** Whether the certificate of a server is verified. Default: true. */
  readonly authServer?: boolean | undefined;
  /** Whether it must also be for the address that was connected to. Default: true. */
  readonly verifyHostname?: boolean | undefined;
  /** Certificates that sign those of servers. Default: the authorities that Node trusts. */
  readonly trustCertPath?: string | undefined;
  /** Shown to servers that ask for a certificate. Default: none. */
  readonly certPath?: string | undefined;
  /** Its key: PKCS#8, encrypted or not, PKCS#1 or SEC1. */
  readonly keyPath?: string | undefined;
  readonly keyPassword?: string | undefined;
}

export interface TlsSettings {
  /** Whether our clients encrypt; undefined: nobody says. */
  readonly enable: boolean | undefined;
  readonly server: TlsServerSettings;
  readonly client: TlsClientSettings;
}

/** Throws TlsError: TLS_SETTING names everything that is wrong, TLS_FILE a file that cannot be read. */
export function readTlsSettings(
  fileSystem: Pick<FileSystem, 'existsSync' | 'readFileSync'>,
  given: ReadonlyMap<string, string>,
): TlsSettings {
  const values = new Map<string, string>();
  for (const [name, key] of TLS_SETTING_KEYS) values.set(name, key.fallback);
  const problems: string[] = [];
  take(values, given, problems, '');
  const file = values.get('tls.config.file')!;
  const isGiven = (given.get('tls.config.file') ?? '') !== '';
  if (isGiven || fileSystem.existsSync(file)) {
    take(values, readSettingsFile(fileSystem, file), problems, `${file}: `);
  }
  if (problems.length > 0) throw new TlsError('TLS_SETTING', problems.join('; '));
  return typed(values);
}

export interface ClientTlsOptions {
  /** Encrypts. Default: when `tls` is given, and what environment and `tls.config.file` say as `tls.enable`. */
  readonly useTLS?: boolean | undefined;
  /** Beats what environment and `tls.config.file` say. */
  readonly tls?: TlsClientSettings | undefined;
}

/** How a client of ours encrypts; undefined: it does not. Throws as `readTlsSettings`. */
export function resolveClientTls(
  fileSystem: Pick<FileSystem, 'existsSync' | 'readFileSync'>,
  environment: Readonly<Record<string, string | undefined>>,
  options: ClientTlsOptions,
): TlsClientSettings | undefined {
  if (options.useTLS === false) return undefined;
  const settings = readTlsSettings(fileSystem, tlsSettingsOf(environment));
  const useTLS = options.useTLS ?? (options.tls !== undefined || settings.enable === true);
  if (!useTLS) return undefined;
  const given = Object.entries(options.tls ?? {}).filter(([, value]) => value !== undefined);
  return { ...settings.client, ...Object.fromEntries(given) };
}

function take(
  values: Map<string, string>,
  from: ReadonlyMap<string, string>,
  problems: string[],
  where: string,
): void {
  for (const [name, raw] of from) {
    if (!isTlsSetting(name)) continue;
    const value = TLS_SETTING_KEYS.get(name)?.kind === 'secret' ? raw : raw.trim();
    const problem = tlsSettingProblem(name, value);
    if (problem !== undefined) problems.push(where + problem);
    else if (value !== '') values.set(name, value);
  }
}

function readSettingsFile(fileSystem: Pick<FileSystem, 'readFileSync'>, file: string): Map<string, string> {
  try {
    return parseProperties(fileSystem.readFileSync(file).toString('latin1'));
  } catch (error) {
    throw new TlsError(
      'TLS_FILE',
      `tls.config.file ${file} cannot be read: ${(error as Error).message}`,
      error,
    );
  }
}

function typed(values: ReadonlyMap<string, string>): TlsSettings {
  const text = (name: string): string | undefined => values.get(name) || undefined;
  const choice = (name: string): string => values.get(name)!.toLowerCase();
  const flag = (name: string): boolean => choice(name) === 'true';
  const testMode = flag('tls.test.mode.enable');
  return {
    enable: text('tls.enable') === undefined ? undefined : flag('tls.enable'),
    server: {
      mode: choice('tls.server.mode') as TlsServerMode,
      testMode,
      handshakeTimeoutMs: Number(values.get('tls.server.handshakeTimeoutMs')),
      clientCertificates: choice('tls.server.need.client.auth') as TlsServerSettings['clientCertificates'],
      authClient: flag('tls.server.authClient'),
      keyPath: text('tls.server.keyPath'),
      keyPassword: text('tls.server.keyPassword'),
      certPath: text('tls.server.certPath'),
      trustCertPath: text('tls.server.trustCertPath'),
    },
    client: {
      testMode,
      authServer: flag('tls.client.authServer'),
      verifyHostname: flag('tls.client.verifyHostname'),
      trustCertPath: text('tls.client.trustCertPath'),
      certPath: text('tls.client.certPath'),
      keyPath: text('tls.client.keyPath'),
      keyPassword: text('tls.client.keyPassword'),
    },
  };
}
