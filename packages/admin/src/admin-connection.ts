/**
 * How administration reaches servers: one RemotingClient, name servers asked in turn, every request signed when there
 * are credentials.
 *
 * Invariant: what resolves was answered with success; any other answer rejects with AdminAnswerError.
 * Behaviour: DefaultMQAdminExtImpl over MQClientAPIImpl.
 */
import { type Logger, type Platform, realPlatform } from '@rocketmq-ts/platform';
import {
  LanguageCode,
  type RemotingCommand,
  ResponseCode,
  type SessionCredentials,
  signRequest,
} from '@rocketmq-ts/protocol';
import { ClientTls, RemotingClient, type TlsClientSettings } from '@rocketmq-ts/remoting';
import { AdminAnswerError, AdminError, describeError } from './admin-error.ts';

export interface AdminClientOptions {
  /** `host:port;host:port`, or a list. Default: the environment variable NAMESRV_ADDR. */
  readonly namesrvAddr?: string | readonly string[] | undefined;
  /** Signs every request. Default: unsigned. */
  readonly credentials?: SessionCredentials | undefined;
  /** Encrypts all connections, to servers that these settings prove. Default: no encryption. */
  readonly tls?: TlsClientSettings | undefined;
  /** Of one request, in milliseconds; what takes servers longer is given three times as much. Default: 5000. */
  readonly timeoutMs?: number | undefined;
  readonly logger?: Logger | undefined;
  readonly platform?: Platform | undefined;
}

/** A request to be sent. */
export interface AdminRequest {
  readonly code: number;
  readonly ext?: ReadonlyMap<string, string> | undefined;
  readonly body?: Buffer | undefined;
  readonly timeoutMs?: number | undefined;
  /** Announces a C++ client: RESET_OFFSET is then passed on in the form for those. */
  readonly cplus?: boolean | undefined;
}

export class AdminConnection {
  readonly platform: Platform;
  readonly namesrvAddrs: readonly string[];
  readonly timeoutMs: number;
  readonly #options: AdminClientOptions;
  readonly #tls: ClientTls | undefined;
  readonly #remoting: RemotingClient;
  #cplusRemoting: RemotingClient | undefined;

  /**
   * Throws ADMIN_USAGE for name servers of another form than host:port, TlsError for keys that cannot be used. Connects
   * when first asked for something.
   */
  constructor(options: AdminClientOptions = {}) {
    this.#options = options;
    this.platform = options.platform ?? realPlatform();
    this.namesrvAddrs = parseAddresses(options.namesrvAddr ?? process.env.NAMESRV_ADDR ?? '');
    this.timeoutMs = options.timeoutMs ?? 5000;
    this.#tls = options.tls && ClientTls.open(this.platform, options.tls, options.logger);
    this.#remoting = this.#newRemoting(LanguageCode.OTHER);
  }

  async close(): Promise<void> {
    await this.#remoting.close(0);
    await this.#cplusRemoting?.close(0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The answer, whatever its code. */
  exchange(address: string, request: AdminRequest): Promise<RemotingCommand> {
    const { code, body, credentials } = { credentials: this.#options.credentials, ...request };
    let ext = request.ext ?? new Map<string, string>();
    if (credentials !== undefined) ext = new Map([...ext, ...signRequest(ext, body, credentials)]);
    const remoting = request.cplus ? this.#forCplus() : this.#remoting;
    return remoting.invoke(address, { code, ext, body }, request.timeoutMs ?? this.timeoutMs);
  }

  /** The answer, if it is a success. */
  async invoke(address: string, request: AdminRequest): Promise<RemotingCommand> {
    const answer = await this.exchange(address, request);
    if (answer.code === ResponseCode.SUCCESS) return answer;
    throw new AdminAnswerError(answer.code, answer.remark, address, request.code);
  }

  /** The first name server's success; a refusal counts once every name server has refused or is out of reach. */
  async invokeNameServer(request: AdminRequest): Promise<RemotingCommand> {
    let refusal: AdminAnswerError | undefined;
    const failures: string[] = [];
    let cause: unknown;
    for (const address of this.nameServers()) {
      try {
        return await this.invoke(address, request);
      } catch (error) {
        cause = error;
        if (error instanceof AdminAnswerError) refusal ??= error;
        else failures.push(describeError(error));
      }
    }
    throw refusal ?? unreachable(failures, cause);
  }

  /** Asks every name server; rejects with the first failure once all were asked. */
  async invokeEveryNameServer(
    request: AdminRequest,
    addresses: readonly string[] = this.nameServers(),
  ): Promise<Map<string, RemotingCommand>> {
    const answers = new Map<string, RemotingCommand>();
    const failures: unknown[] = [];
    for (const address of addresses) {
      try {
        answers.set(address, await this.invoke(address, request));
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
    return answers;
  }

  /** Throws ADMIN_NO_NAME_SERVER when none is known. */
  nameServers(): readonly string[] {
    if (this.namesrvAddrs.length > 0) return this.namesrvAddrs;
    throw new AdminError(
      'ADMIN_NO_NAME_SERVER',
      'no name server is given: use -n HOST:9876, the environment variable NAMESRV_ADDR, or a context (mqadmin context)',
    );
  }

  #forCplus(): RemotingClient {
    this.#cplusRemoting ??= this.#newRemoting(LanguageCode.CPP);
    return this.#cplusRemoting;
  }

  #newRemoting(language: number): RemotingClient {
    const { logger } = this.#options;
    return new RemotingClient({ platform: this.platform, language, logger, tls: this.#tls });
  }
}

export function parseAddresses(value: string | readonly string[]): readonly string[] {
  const items = (typeof value === 'string' ? value.split(';') : value).map((item) => item.trim());
  const addresses = [...new Set(items.filter((item) => item !== ''))];
  for (const address of addresses) {
    const port = Number(/^(?:[^:\s]+|\[[^\]]+\]):(\d+)$/.exec(address)?.[1]);
    if (!(port > 0 && port < 65536)) {
      throw new AdminError(
        'ADMIN_USAGE',
        `"${address}" is no address; give name servers as "10.0.0.1:9876;10.0.0.2:9876"`,
      );
    }
  }
  return addresses;
}

function unreachable(failures: readonly string[], cause: unknown): AdminError {
  return new AdminError(
    'ADMIN_NAME_SERVER_UNREACHABLE',
    `no name server answered: ${failures.join('; ')}. See that they run and can be reached from here`,
    cause,
  );
}
