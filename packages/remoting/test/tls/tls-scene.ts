/** A folder with keys and certificates, and servers and clients of real sockets that use them. */
import { createPrivateKey } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import {
  type CertificateOptions,
  createCertificate,
  type IssuedCertificate,
  type Logger,
  realPlatform,
} from '@rocketmq-ts/platform';
import {
  ClientTls,
  RemotingClient,
  RemotingServer,
  type RemotingServerOptions,
  readTlsSettings,
  ServerTls,
} from '../../src/index.ts';

export const DAY_MS = 86_400_000;
export const platform = realPlatform();
const valid = { validFromMs: Date.now() - DAY_MS, validUntilMs: Date.now() + DAY_MS };

export function issueAuthority(commonName: string): IssuedCertificate {
  return createCertificate({ commonName, isAuthority: true, ...valid });
}

export const authority = issueAuthority('our CA');
export const stranger = issueAuthority('another CA');

export function issue(
  issuer: IssuedCertificate | undefined,
  options: Partial<CertificateOptions> = {},
): IssuedCertificate {
  return createCertificate({
    commonName: 'somebody',
    names: ['127.0.0.1'],
    ...valid,
    ...(issuer && { issuer }),
    ...options,
  });
}

/** PKCS#8, encrypted. */
export function encryptedKey({ keyPem }: IssuedCertificate, passphrase: string): string {
  const options = { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase } as const;
  return createPrivateKey(keyPem).export(options).toString();
}

export type Given = Readonly<Record<string, string>>;

export class TlsScene {
  readonly folder: string;
  readonly logged: string[] = [];
  readonly #t: TestContext;

  constructor(t: TestContext) {
    this.#t = t;
    this.folder = mkdtempSync(join(tmpdir(), 'rocketmq-ts-tls-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
  }

  readonly logger: Logger = {
    info: (message) => this.logged.push(`info ${message}`),
    warn: (message, fields) => this.logged.push(`warn ${message}${textOf(fields?.error)}`),
    error: (message) => this.logged.push(`error ${message}`),
  };

  write(name: string, content: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, content);
    return path;
  }

  /** Settings of a server that shows this certificate. */
  serverFiles(identity: IssuedCertificate, name = 'server'): Given {
    return {
      'tls.server.keyPath': this.write(`${name}.key`, identity.keyPem),
      'tls.server.certPath': this.write(`${name}.crt`, identity.certificatePem),
    };
  }

  clientFiles(identity: IssuedCertificate, name = 'client'): Given {
    return {
      'tls.client.keyPath': this.write(`${name}.key`, identity.keyPem),
      'tls.client.certPath': this.write(`${name}.crt`, identity.certificatePem),
    };
  }

  /** Settings of a client that trusts this authority. */
  trust(issuer: IssuedCertificate): Given {
    return { 'tls.client.trustCertPath': this.write(`${issuer.commonName}.crt`, issuer.certificatePem) };
  }

  serverTls(given: Given): ServerTls {
    const settings = readTlsSettings(platform.fileSystem, this.#complete(given));
    const tls = ServerTls.open(platform, settings.server, this.logger);
    this.#t.after(() => tls.stop());
    return tls;
  }

  /** Answers code 1 with what it was sent. */
  async server(given: Given, options: Partial<RemotingServerOptions> = {}): Promise<RemotingServer> {
    const server = new RemotingServer({
      platform,
      host: '127.0.0.1',
      ports: [0],
      logger: this.logger,
      tls: this.serverTls(given),
      ...options,
    });
    server.handle(1, ({ body }) => ({ code: 0, body: Buffer.from(body) }));
    await server.start();
    this.#t.after(() => server.stop(0));
    return server;
  }

  /** Encrypts unless `given` is undefined. */
  client(given: Given | undefined): RemotingClient {
    const tls =
      given === undefined
        ? undefined
        : ClientTls.open(
            platform,
            readTlsSettings(platform.fileSystem, this.#complete(given)).client,
            this.logger,
          );
    const client = new RemotingClient({ platform, tls, logger: this.logger });
    this.#t.after(() => client.close(0));
    return client;
  }

  /** Keeps the machine's own file out. */
  #complete(given: Given): Map<string, string> {
    const config = given['tls.config.file'] ?? this.write('empty.properties', '');
    return new Map(Object.entries({ ...given, 'tls.config.file': config }));
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? `: ${error.message}` : '';
}

export async function ask(client: RemotingClient, server: RemotingServer, text = 'hello'): Promise<string> {
  const address = `127.0.0.1:${server.port}`;
  const answer = await client.invoke(address, { code: 1, body: Buffer.from(text) }, 60_000);
  return answer.body?.toString() ?? '';
}

export async function until(condition: () => boolean, what: string, limitMs = 60_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
