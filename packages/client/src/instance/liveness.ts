/**
 * Finds connections that are dead without anybody having been told: after a request was not answered in time its server
 * is asked something it answers at once, and if it does not answer that either, the connection is closed, so that the
 * next request makes a new one.
 *
 * Without this a lost peer costs what the kernel's retransmissions take, a quarter of an hour: heartbeats and pulls keep
 * such a connection from being idle.
 */
import type { Logger } from '@rocketmq-ts/platform';
import { type RemotingClient, RemotingTimeoutError } from '@rocketmq-ts/remoting';

export class Liveness {
  readonly #remoting: RemotingClient;
  readonly #logger: Logger;
  readonly #probe: (address: string) => Promise<unknown>;
  readonly #probing = new Set<string>();

  /** `probe` asks the server at an address; rejects with RemotingTimeoutError when it is silent. */
  constructor(remoting: RemotingClient, logger: Logger, probe: (address: string) => Promise<unknown>) {
    this.#remoting = remoting;
    this.#logger = logger;
    this.#probe = probe;
  }

  /** A request to this address was not answered in time. */
  suspect(address: string): void {
    const connection = this.#remoting.connection(address);
    if (connection === undefined || this.#probing.has(address)) return;
    this.#probing.add(address);
    this.#probe(address)
      .catch((error: unknown) => {
        // Anything but silence is a sign of life, or has closed the connection itself.
        if (!(error instanceof RemotingTimeoutError) || connection.closed) return;
        this.#logger.warn(`${address} is silent: its connection is given up and made anew`);
        connection.close(
          new RemotingTimeoutError(`${address} did not answer, and not when asked whether it is there`),
        );
      })
      .finally(() => this.#probing.delete(address));
  }
}
