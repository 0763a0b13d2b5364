/** What the request handlers work on. */
import type { Logger, Platform } from '@rocketmq-ts/platform';
import type { NamesrvConfig } from '../config/namesrv-config.ts';
import type { KVConfig } from '../kv/kv-config.ts';
import type { RouteTable } from '../route/route-table.ts';

export interface NamesrvContext {
  readonly platform: Platform;
  readonly config: NamesrvConfig;
  readonly kvConfig: KVConfig;
  readonly routes: RouteTable;
  readonly logger: Logger;
}
