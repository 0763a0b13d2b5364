/**
 * What makes a broker a slave: finds its master, copies its log, its topics, groups and offsets.
 *
 * The master's replication address is haMasterAddress when that is set, else what name servers answer when this broker
 * registers. Its ordinary address is what they answer, else the port below the replication port.
 *
 * Behaviour from RocketMQ's BrokerController (handleSlaveSynchronize, doRegisterBrokerAll).
 */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import type { ClientTls } from '@rocketmq-ts/remoting';
import type { MessageStore } from '@rocketmq-ts/store';
import type { RegisterResult } from '../registration/name-servers.ts';
import { MetadataSync, type MetadataSyncOptions } from './metadata-sync.ts';
import { ReplicationSlave } from './replication-slave.ts';
import type { HaSettings } from './slave-connection.ts';

export interface SlaveRoleOptions extends Omit<MetadataSyncOptions, 'clock' | 'masterAddress' | 'logEnd'> {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly settings: HaSettings & { readonly haMasterAddress: string };
  readonly store: MessageStore;
  /** Encrypts the replication connection; without it: plain. */
  readonly tls?: ClientTls | undefined;
}

export class SlaveRole {
  readonly #options: SlaveRoleOptions;
  readonly #sync: MetadataSync;
  #slave: ReplicationSlave | undefined;
  #masterAddress: string | undefined;
  #haAddress: string | undefined;

  constructor(options: SlaveRoleOptions) {
    this.#options = options;
    const fixed = options.settings.haMasterAddress.trim();
    if (fixed !== '') {
      this.#haAddress = fixed;
      this.#masterAddress = portBelow(fixed);
    }
    this.#sync = new MetadataSync({
      ...options,
      clock: options.platform.clock,
      masterAddress: () => this.#masterAddress,
      logEnd: () => options.store.maxPhysicalOffset,
    });
  }

  /** What a name server answered. */
  registered(result: RegisterResult): void {
    if (result.masterAddr) this.#masterAddress = result.masterAddr;
    if (this.#options.settings.haMasterAddress.trim() !== '' || !result.haServerAddr) return;
    this.#haAddress = result.haServerAddr;
    this.#slave?.follow(result.haServerAddr);
  }

  /** Once the store is started. */
  start(): void {
    const { platform, logger, settings, store, tls } = this.#options;
    const receiver = store.openReplica((name) => this.#sync.topicSeen(name));
    const onConnected = (): void => void this.#sync.sync();
    this.#slave = new ReplicationSlave({ platform, logger, settings, store, receiver, onConnected, tls });
    if (this.#haAddress !== undefined) this.#slave.follow(this.#haAddress);
  }

  get isConnected(): boolean {
    return this.#slave?.isConnected ?? false;
  }

  /** Copies topics, groups and offsets now. */
  synchronize(): Promise<void> {
    return this.#sync.sync();
  }

  async stop(): Promise<void> {
    this.#slave?.stop();
    await this.#sync.stop();
  }
}

/** The replication port always is one above the ordinary one. */
function portBelow(haAddress: string): string {
  const colon = haAddress.lastIndexOf(':');
  return `${haAddress.slice(0, colon)}:${Number(haAddress.slice(colon + 1)) - 1}`;
}
