/** What every send of one producer works with. */
import type { Clock } from '@rocketmq-ts/platform';
import type { RemotingClient } from '@rocketmq-ts/remoting';
import type { BrokerAddresses } from '../instance/broker-addresses.ts';
import type { BrokerClient } from '../instance/broker-client.ts';
import type { Requests } from '../instance/requests.ts';
import type { RouteCache } from '../instance/route-cache.ts';
import type { FaultStrategy } from './fault-strategy.ts';
import type { SendSettings } from './producer-options.ts';
import type { SendHooks } from './send-hooks.ts';

export interface SenderParts {
  readonly clock: Clock;
  readonly remoting: RemotingClient;
  readonly requests: Requests;
  readonly brokerClient: BrokerClient;
  readonly brokers: BrokerAddresses;
  readonly routes: RouteCache;
  readonly faults: FaultStrategy;
  readonly settings: SendSettings;
  readonly hooks: SendHooks;
}
