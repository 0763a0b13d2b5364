/**
 * The PEM files of one side, looked at by content: what they held at the latest look, and whether that is new.
 *
 * Key and certificate come together or not at all.
 */
import type { FileSystem, TlsIdentity } from '@rocketmq-ts/platform';
import { TlsError } from '../errors.ts';

export interface TlsFilePaths {
  readonly keyPath?: string | undefined;
  readonly keyPassword?: string | undefined;
  readonly certPath?: string | undefined;
  readonly trustCertPath?: string | undefined;
}

export interface TlsMaterial {
  readonly identity: TlsIdentity | undefined;
  readonly trustedPem: string | undefined;
}

export class TlsFiles {
  readonly #fileSystem: Pick<FileSystem, 'readFileSync'>;
  readonly #paths: TlsFilePaths;
  /** `tls.server` or `tls.client`, for messages. */
  readonly #prefix: string;
  #seen = '';

  /** Throws TlsError TLS_SETTING when only one of key and certificate is given. */
  constructor(fileSystem: Pick<FileSystem, 'readFileSync'>, paths: TlsFilePaths, prefix: string) {
    this.#fileSystem = fileSystem;
    this.#paths = paths;
    this.#prefix = prefix;
    if ((paths.keyPath === undefined) === (paths.certPath === undefined)) return;
    const [given, missing] = paths.keyPath === undefined ? ['certPath', 'keyPath'] : ['keyPath', 'certPath'];
    throw new TlsError(
      'TLS_SETTING',
      `${prefix}.${given} is set and ${prefix}.${missing} is not: a key and its certificate go together`,
    );
  }

  /** What the files hold if that differs from the latest look. Throws TlsError TLS_FILE. */
  readIfChanged(): TlsMaterial | undefined {
    const { keyPath, keyPassword, certPath, trustCertPath } = this.#paths;
    const keyPem = this.#read('keyPath', keyPath);
    const certificatePem = this.#read('certPath', certPath);
    const trustedPem = this.#read('trustCertPath', trustCertPath);
    const seen = JSON.stringify([keyPem, certificatePem, trustedPem]);
    if (seen === this.#seen) return undefined;
    this.#seen = seen;
    const identity =
      keyPem === undefined || certificatePem === undefined
        ? undefined
        : { keyPem, certificatePem, keyPassword };
    return { identity, trustedPem };
  }

  /** The error of keys that were read and cannot be used. */
  unusable(cause: unknown): TlsError {
    const { keyPath, certPath, trustCertPath } = this.#paths;
    const files = [keyPath, certPath, trustCertPath].filter((path) => path !== undefined);
    return new TlsError(
      'TLS_FILE',
      `the key and certificates of ${files.join(', ')} cannot be used: ${explain(cause, this.#prefix)}`,
      cause,
    );
  }

  #read(setting: string, path: string | undefined): string | undefined {
    if (path === undefined) return undefined;
    let content: string;
    try {
      content = this.#fileSystem.readFileSync(path).toString('latin1');
    } catch (error) {
      const message = `${this.#prefix}.${setting} ${path} cannot be read: ${(error as Error).message}`;
      throw new TlsError('TLS_FILE', message, error);
    }
    if (content.includes('-----BEGIN ')) return content;
    throw new TlsError('TLS_FILE', `${this.#prefix}.${setting} ${path} is no PEM file`);
  }
}

/** OpenSSL's words for what is usually wrong, in ours. */
function explain(error: unknown, prefix: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (/key values mismatch/i.test(message)) return `the key is not that of the certificate (${message})`;
  if (
    /bad decrypt|interrupted or cancelled|bad password|empty password|maybe wrong password/i.test(message)
  ) {
    return `the key is encrypted and ${prefix}.keyPassword is missing or wrong (${message})`;
  }
  return message;
}
