/**
 * The settings of TLS by name: RocketMQ's (TlsSystemConfig, there properties of the Java machine) and three of our own.
 *
 * Invariant: docs/tls.md lists exactly these, with the same defaults. The defaults that 4.4.0 has and we do not: test mode
 * is on there, and certificates of peers are looked at only when asked for.
 */

export type TlsSettingKind = 'boolean' | 'milliseconds' | 'path' | 'secret' | readonly string[];

export interface TlsSettingKey {
  readonly kind: TlsSettingKind;
  /** Empty: not set. */
  readonly fallback: string;
}

export const TLS_SETTING_KEYS: ReadonlyMap<string, TlsSettingKey> = new Map<string, TlsSettingKey>([
  ['tls.config.file', { kind: 'path', fallback: '/etc/rocketmq/tls.properties' }],
  ['tls.enable', { kind: 'boolean', fallback: '' }],
  ['tls.test.mode.enable', { kind: 'boolean', fallback: 'false' }],
  ['tls.server.mode', { kind: ['disabled', 'permissive', 'enforcing'], fallback: 'permissive' }],
  ['tls.server.keyPath', { kind: 'path', fallback: '' }],
  ['tls.server.keyPassword', { kind: 'secret', fallback: '' }],
  ['tls.server.certPath', { kind: 'path', fallback: '' }],
  ['tls.server.need.client.auth', { kind: ['none', 'optional', 'require'], fallback: 'none' }],
  ['tls.server.authClient', { kind: 'boolean', fallback: 'true' }],
  ['tls.server.trustCertPath', { kind: 'path', fallback: '' }],
  ['tls.server.handshakeTimeoutMs', { kind: 'milliseconds', fallback: '10000' }],
  ['tls.client.keyPath', { kind: 'path', fallback: '' }],
  ['tls.client.keyPassword', { kind: 'secret', fallback: '' }],
  ['tls.client.certPath', { kind: 'path', fallback: '' }],
  ['tls.client.authServer', { kind: 'boolean', fallback: 'true' }],
  ['tls.client.verifyHostname', { kind: 'boolean', fallback: 'true' }],
  ['tls.client.trustCertPath', { kind: 'path', fallback: '' }],
]);

/** Whether a configuration key belongs here, a misspelt one too: it must not be passed over. */
export function isTlsSetting(name: string): boolean {
  return name.startsWith('tls.');
}

/** The environment variable that gives a setting: `tls.server.keyPath` is ROCKETMQ_TLS_SERVER_KEY_PATH. */
export function tlsVariable(name: string): string {
  const words = name.replaceAll('.', '_').replace(/([a-z])([A-Z])/g, '$1_$2');
  return `ROCKETMQ_${words.toUpperCase()}`;
}

/** The settings that the environment gives. Throws nothing: values are looked at with the others. */
export function tlsSettingsOf(
  environment: Readonly<Record<string, string | undefined>>,
): Map<string, string> {
  const given = new Map<string, string>();
  for (const name of TLS_SETTING_KEYS.keys()) {
    const value = environment[tlsVariable(name)];
    if (value !== undefined && value !== '') given.set(name, value);
  }
  return given;
}

/** What is wrong with a value, or undefined. An empty one counts as not set. */
export function tlsSettingProblem(name: string, value: string): string | undefined {
  const key = TLS_SETTING_KEYS.get(name);
  if (key === undefined) {
    return `there is no TLS setting ${name}; there are ${[...TLS_SETTING_KEYS.keys()].join(', ')}`;
  }
  if (value === '') return undefined;
  const { kind } = key;
  if (kind === 'path' || kind === 'secret') return undefined;
  if (kind === 'milliseconds') {
    const number = /^\d{1,9}$/.test(value) ? Number(value) : 0;
    return number >= 100 && number <= 120_000
      ? undefined
      : notAllowed(name, value, 'a whole number from 100 to 120000');
  }
  const allowed = kind === 'boolean' ? ['true', 'false'] : kind;
  return allowed.includes(value.toLowerCase()) ? undefined : notAllowed(name, value, allowed.join(' or '));
}

function notAllowed(name: string, value: string, allowed: string): string {
  return `${name}=${value} is not allowed: it must be ${allowed}`;
}
