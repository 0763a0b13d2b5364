/**
 * A broker with port p also serves p-2 (VIP) and replicates on p+1: finds a base at which all of them are free, and holds them
 * until they are listened on, so that no other program takes one of them meanwhile.
 *
 * Invariant: whoever connects to a held port before it is listened on is closed at once.
 */
import type {
  ByteStream,
  ConnectOptions,
  Listener,
  Network,
  Platform,
  TlsSupport,
} from '@rocketmq-ts/platform';
import { RemotingConnectError } from './errors.ts';

const DEFAULT_ATTEMPTS = 50;

interface Held {
  readonly listener: Listener;
  onStream: (stream: ByteStream) => void;
  onError: ((error: Error) => void) | undefined;
}

/** The network that it was made of, but for the held ports: who listens on one of them gets it. */
export class HeldPorts implements Network {
  readonly #network: Network;
  readonly #host: string;
  readonly #held = new Map<number, Held>();

  /** Of `find` only. */
  private constructor(network: Network, host: string) {
    this.#network = network;
    this.#host = host;
  }

  /** Holds p + each of `offsets` for some p, which `base` tells. Rejects with RemotingConnectError when there is none. */
  static async find(
    platform: Platform,
    host: string,
    offsets: readonly number[],
    attempts = DEFAULT_ATTEMPTS,
  ): Promise<{ readonly base: number; readonly ports: HeldPorts }> {
    let lastError: unknown;
    for (let i = 0; i < attempts; i++) {
      const ports = new HeldPorts(platform.network, host);
      try {
        const base = await ports.#hold(0);
        for (const offset of offsets) if (offset !== 0) await ports.#hold(base + offset);
        return { base, ports };
      } catch (error) {
        lastError = error;
        await ports.close();
      }
    }
    throw new RemotingConnectError(
      `no base port found on ${host} with ports ${offsets.map((offset) => `p${offset < 0 ? '' : '+'}${offset}`).join(', ')} ` +
        `free, in ${attempts} attempts: set listenPort`,
      lastError,
    );
  }

  async listen(
    address: { host: string; port: number },
    onStream: (stream: ByteStream) => void,
    onError?: (error: Error) => void,
  ): Promise<Listener> {
    const held = address.host === this.#host ? this.#held.get(address.port) : undefined;
    if (held === undefined) return this.#network.listen(address, onStream, onError);
    this.#held.delete(address.port);
    held.onStream = onStream;
    held.onError = onError;
    return held.listener;
  }

  connect(options: ConnectOptions): Promise<ByteStream> {
    return this.#network.connect(options);
  }

  get tls(): TlsSupport | undefined {
    return this.#network.tls;
  }

  /** Lets go of the ports that nobody has listened on. */
  async close(): Promise<void> {
    const left = [...this.#held.values()];
    this.#held.clear();
    for (const { listener } of left) await listener.close();
  }

  async #hold(port: number): Promise<number> {
    const handlers = {
      onStream: (stream: ByteStream): void => {
        stream.setHandler({ onData() {}, onDrain() {}, onClose() {} });
        stream.destroy();
      },
      onError: undefined,
    };
    const listener = await this.#network.listen(
      { host: this.#host, port },
      (stream) => held.onStream(stream),
      (error) => held.onError?.(error),
    );
    const held: Held = { listener, ...handlers };
    this.#held.set(listener.port, held);
    return listener.port;
  }
}
