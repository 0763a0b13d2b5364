/**
 * Where the brokers are: broker name -> broker id -> `host:port`, as the routes say.
 *
 * Behaviour from MQClientInstance.findBrokerAddressIn….
 */
import { MASTER_ID } from '@rocketmq-ts/protocol';

export interface FoundBroker {
  readonly address: string;
  readonly slave: boolean;
}

export class BrokerAddresses {
  readonly #table = new Map<string, ReadonlyMap<number, string>>();

  entries(): IterableIterator<[string, ReadonlyMap<number, string>]> {
    return this.#table.entries();
  }

  /** Takes the addresses of one broker name; answers whether one of them is new. */
  put(brokerName: string, addresses: ReadonlyMap<number, string>): boolean {
    const known = new Set(this.#table.get(brokerName)?.values());
    this.#table.set(brokerName, new Map([...addresses].sort(([a], [b]) => a - b)));
    return [...addresses.values()].some((address) => !known.has(address));
  }

  /** Forgets the addresses that `isInRoutes` does not know. */
  retain(isInRoutes: (address: string) => boolean): void {
    for (const [brokerName, addresses] of this.#table) {
      const kept = [...addresses].filter(([, address]) => isInRoutes(address));
      if (kept.length === 0) this.#table.delete(brokerName);
      else if (kept.length < addresses.size) this.#table.set(brokerName, new Map(kept));
    }
  }

  /** The master, where messages are sent and queues locked. */
  master(brokerName: string): string | undefined {
    return this.#table.get(brokerName)?.get(MASTER_ID);
  }

  /** The master if there is one, else any slave: for offsets. */
  any(brokerName: string): string | undefined {
    return this.#table.get(brokerName)?.values().next().value;
  }

  /** The broker with this id; if it is gone, the master or any other. */
  toPullFrom(brokerName: string, brokerId: number): FoundBroker | undefined {
    const addresses = this.#table.get(brokerName);
    const address = addresses?.get(brokerId);
    if (address !== undefined) return { address, slave: brokerId !== MASTER_ID };
    const other = addresses?.entries().next().value;
    return other === undefined ? undefined : { address: other[1], slave: other[0] !== MASTER_ID };
  }
}

/** The broker's second port, listen port − 2, which Java 4.4.0 uses for all but pulls and heartbeats. */
export function vipChannel(enabled: boolean, address: string): string {
  if (!enabled) return address;
  const colon = address.lastIndexOf(':');
  return `${address.slice(0, colon)}:${Number(address.slice(colon + 1)) - 2}`;
}
