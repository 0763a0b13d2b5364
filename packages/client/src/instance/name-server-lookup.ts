/**
 * Finds the name servers through an HTTP address server, for clients that were given none: at the start, and again every two
 * minutes. RocketMQ's fetchNameServerAddr.
 *
 * Invariant: a list once found stays until the address server gives another: an address server that is down does not stop
 * clients that run.
 */
import type { Logger, Platform, Timer } from '@rocketmq-ts/platform';
import { type AddressServer, addressServerUrl, askAddressServer } from '@rocketmq-ts/remoting';
import { parseNamesrvAddr } from '../client-options.ts';
import { describeError, MQClientError } from '../errors.ts';
import type { NameServers } from './name-servers.ts';

const refreshIntervalMs = 120_000;

export class NameServerLookup {
  readonly #server: AddressServer;
  readonly #nameServers: NameServers;
  readonly #platform: Platform;
  readonly #logger: Logger;
  #found: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(server: AddressServer, nameServers: NameServers, platform: Platform, logger: Logger) {
    this.#server = server;
    this.#nameServers = nameServers;
    this.#platform = platform;
    this.#logger = logger;
  }

  /** Resolves once there are name servers. Rejects with NO_NAME_SERVER_EXCEPTION. */
  found(): Promise<void> {
    if (this.#found === undefined) {
      this.#timer = this.#platform.clock.setInterval(() => void this.#refresh(), refreshIntervalMs);
      this.#found = this.#ask().catch((error: unknown) => {
        throw new MQClientError(
          'NO_NAME_SERVER_EXCEPTION',
          `No name server address: the address server ${addressServerUrl(this.#server)} gave none: ${describeError(error)}. ` +
            'Check namesrvDomain, or set namesrvAddr or the environment variable NAMESRV_ADDR, as "host:9876"',
          { cause: error },
        );
      });
    }
    return this.#found;
  }

  stop(): void {
    this.#timer?.cancel();
  }

  async #refresh(): Promise<void> {
    try {
      await this.#ask();
    } catch (error) {
      this.#logger.warn(
        `the address server ${addressServerUrl(this.#server)} could not be asked; the name servers known so far stay`,
        { error },
      );
    }
  }

  async #ask(): Promise<void> {
    const text = await askAddressServer(this.#platform, this.#server);
    const addresses = parseNamesrvAddr(text);
    if (addresses.length === 0) throw new Error('its answer is empty');
    const before = this.#nameServers.addresses.join(';');
    if (before === addresses.join(';')) return;
    this.#logger.info('name server address changed', { old: before, new: addresses.join(';') });
    this.#nameServers.setAddresses(addresses);
  }
}
