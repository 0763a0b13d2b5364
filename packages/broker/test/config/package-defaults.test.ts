/** What the broker's configuration gives other packages are their own defaults, unless somebody sets something else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@rocketmq-ts/platform';
import { DEFAULT_CLIENT_LIMITS, DEFAULT_SERVER_LIMITS } from '@rocketmq-ts/remoting';
import { resolveStoreOptions } from '@rocketmq-ts/store';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { clientLimits, serverLimits } from '../../src/config/server-limits.ts';
import { storeHostIp, storeOptions } from '../../src/config/store-options.ts';
import { testHost } from '../support/host-facts.ts';

const config = BrokerConfig.load({ host: testHost });

test('bounds of connections', () => {
  assert.deepEqual({ ...DEFAULT_SERVER_LIMITS, ...serverLimits(config.values) }, DEFAULT_SERVER_LIMITS);
  assert.deepEqual({ ...DEFAULT_CLIENT_LIMITS, ...clientLimits(config.values) }, DEFAULT_CLIENT_LIMITS);
});

test('options of the store, but for what belongs to this broker', () => {
  const own = [
    'storePathRootDir',
    'storePathCommitLog',
    'storeHostIp',
    'storeHostPort',
    'totalMemoryBytes',
    'logger',
  ];
  const given = Object.entries(storeOptions(config, silentLogger)).filter(([name]) => !own.includes(name));
  const defaults = new Map<string, unknown>(Object.entries(resolveStoreOptions({ storePathRootDir: '/s' })));
  assert.ok(given.length > 30);
  for (const [name, value] of given) assert.deepEqual(value, defaults.get(name), name);
});

test('the address in records is an IPv4 address, of the machine when brokerIP1 is a name', () => {
  const withIp = (brokerIP1: string): number =>
    storeHostIp(BrokerConfig.load({ host: testHost, overrides: new Map([['brokerIP1', brokerIP1]]) }));
  assert.equal(withIp('1.2.3.4'), 0x01020304);
  assert.equal(withIp('broker.example.org'), 0xc000020a | 0);
});
