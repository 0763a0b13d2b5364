import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parseProperties } from '@rocketmq-ts/protocol';
import { BrokerConfig, parseKeyValueArguments } from '../../src/config/broker-config.ts';
import { BrokerConfigError } from '../../src/config/broker-config-error.ts';
import { configKeys } from '../../src/config/config-keys.ts';
import { testHost } from '../support/host-facts.ts';

function load(content: string, overrides: Record<string, string> = {}): BrokerConfig {
  return BrokerConfig.load({
    host: testHost,
    file: { path: '/etc/broker.conf', content },
    overrides: new Map(Object.entries(overrides)),
  });
}

function fixture(name: string): string {
  return readFileSync(new URL(`../../../test/fixtures/${name}`, import.meta.url), 'latin1');
}

function problemsOf(action: () => unknown): readonly string[] {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof BrokerConfigError, String(error));
    return error.problems;
  }
  assert.fail('expected a BrokerConfigError');
}

test('the complete broker.conf of the users’ notes is accepted and reported as it was given', () => {
  const content = fixture('users-broker.conf');
  const config = load(content);
  assert.deepEqual(config.warnings, []);
  assert.equal(config.unknown.size, 0);
  const given = parseProperties(content);
  const reported = config.properties();
  assert.equal(given.size, 160);
  for (const [key, value] of given) assert.equal(reported.get(key), value, key);
});

test('the defaults are those that a 4.4.0 broker reports, but for its machine', () => {
  const official = parseProperties(fixture('get-broker-config-4.4.0.properties'));
  // Set for the capture, or taken from the machine.
  const set = new Set(
    (
      'transactionCheckInterval storePathRootDir storePathCommitLog namesrvAddr brokerName haListenPort listenPort ' +
      'mapedFileSizeCommitLog rocketmqHome traceTopicEnable brokerIP1 brokerIP2 bitMapLengthConsumeQueueExt ' +
      'enablePropertyFilter'
    ).split(' '),
  );
  const ours = BrokerConfig.load({ host: testHost }).properties();
  const different: string[] = [];
  for (const [key, value] of official) {
    assert.ok(configKeys.has(key), `no key ${key}`);
    if (!set.has(key) && ours.get(key) !== value) different.push(`${key}: ${value}, ours ${ours.get(key)}`);
  }
  assert.deepEqual(different, []);
});

test('arguments beat the file, the file beats the defaults', () => {
  const config = load('fileReservedTime=48\nmaxMessageSize = 65536\n', { fileReservedTime: '12' });
  assert.equal(config.values.fileReservedTime, 12);
  assert.equal(config.values.maxMessageSize, 65536);
  assert.equal(config.values.flushDiskType, 'ASYNC_FLUSH');
});

test('key=value arguments are parsed, others refused by name', () => {
  const parsed = parseKeyValueArguments(['autoCreateTopicEnable=true', 'a=b=c', 'messageDelayLevel=1s 5s']);
  assert.deepEqual(
    [...parsed],
    [
      ['autoCreateTopicEnable', 'true'],
      ['a', 'b=c'],
      ['messageDelayLevel', '1s 5s'],
    ],
  );
  assert.match(problemsOf(() => parseKeyValueArguments(['brokerName']))[0]!, /"brokerName".*key=value/);
});

test('every wrong value is named with its key and with what is allowed', () => {
  const problems = problemsOf(() =>
    load(
      'listenPort=abc\nautoCreateTopicEnable=yes\nflushDiskType=FAST\nbrokerName=../../x\nfileReservedTime=-1\n',
    ),
  );
  assert.equal(problems.length, 5);
  assert.match(problems[0]!, /listenPort=abc is not allowed: .*3 to 65534/);
  assert.match(problems[1]!, /autoCreateTopicEnable=yes.*true or false/);
  assert.match(problems[2]!, /flushDiskType=FAST.*ASYNC_FLUSH or SYNC_FLUSH/);
  assert.match(problems[3]!, /brokerName=/);
  assert.match(problems[4]!, /fileReservedTime=-1.*from 0/);
});

test('an unknown key is kept, printed, and the nearest known one is named', () => {
  const config = load('brokerNam=x\nsomethingElse=1\n');
  assert.match(config.warnings[0]!, /unknown configuration key brokerNam; did you mean brokerName\?/);
  assert.match(config.warnings[1]!, /unknown configuration key somethingElse$/);
  assert.equal(config.properties().get('brokerNam'), 'x');
});

test('what follows from other keys', () => {
  const config = load('listenPort=12000\nhaListenPort=5\nbrokerId=3\nstorePathRootDir=/data/store\n');
  assert.equal(config.values.haListenPort, 12001);
  assert.equal(config.values.brokerId, 0);
  assert.equal(config.values.storePathCommitLog, '/data/store/commitlog');
  assert.equal(config.values.storePathIndex, '/data/store/index');
  assert.match(config.warnings.join(), /brokerId=3 is ignored/);
  assert.deepEqual(problemsOf(() => load('brokerRole=SLAVE\n')).length, 1);
  assert.equal(load('brokerRole=SLAVE\nbrokerId=2\n').values.brokerId, 2);
});

test('values that RocketMQ silently limits are limited with a word', () => {
  const config = load('registerNameServerPeriod=1000\ndiskMaxUsedSpaceRatio=99\n');
  assert.equal(config.values.registerNameServerPeriod, 10_000);
  assert.equal(config.values.diskMaxUsedSpaceRatio, 95);
  assert.equal(config.warnings.length, 2);
});

test('only the important keys are printed by -m', () => {
  const important = BrokerConfig.load({ host: testHost }).properties(true);
  assert.equal(important.get('brokerClusterName'), 'DefaultCluster');
  assert.equal(important.has('listenPort'), false);
  assert.ok(important.size < 45);
});

test('a change is planned, applied and counted', () => {
  const config = load('');
  const update = config.planUpdate(
    new Map([
      ['fileReservedTime', '10'],
      ['traceOn', 'true'],
    ]),
  );
  assert.deepEqual([...update.changes], [['fileReservedTime', '10']]);
  assert.equal(config.values.fileReservedTime, 72);
  update.apply(5);
  assert.equal(config.values.fileReservedTime, 10);
  assert.deepEqual(config.version, { timestamp: 5, counter: 1 });
});

test('paths, addresses, identity, geometry and security cannot be changed; giving them the value they have can', () => {
  const config = load('listenPort=10911\naclEnable=false\n');
  const fixed =
    'storePathRootDir storePathCommitLog listenPort haListenPort namesrvAddr brokerIP1 brokerIP2 brokerName ' +
    'brokerClusterName brokerId brokerRole aclEnable useTLS mapedFileSizeCommitLog mapedFileSizeConsumeQueue ' +
    'maxHashSlotNum maxIndexNum haMasterAddress listenHost rocketmqHome messageDelayLevel storeCheckpoint abortFile';
  for (const name of fixed.split(' ')) assert.equal(configKeys.get(name)?.change, 'fixed', name);
  assert.match(
    problemsOf(() => config.planUpdate(new Map([['listenPort', '10912']])))[0]!,
    /listenPort cannot/,
  );
  assert.equal(
    config.planUpdate(
      new Map([
        ['listenPort', '10911'],
        ['aclEnable', 'false'],
      ]),
    ).changes.size,
    0,
  );
});

test('one wrong key refuses the whole change', () => {
  const config = load('');
  const asked = new Map([
    ['fileReservedTime', '10'],
    ['flushDiskTyp', 'SYNC_FLUSH'],
    ['syncFlushTimeout', '0'],
  ]);
  const problems = problemsOf(() => config.planUpdate(asked));
  assert.equal(problems.length, 2);
  assert.match(problems[0]!, /did you mean flushDiskType\?/);
  assert.equal(config.values.fileReservedTime, 72);
});

test('settings of TLS are kept apart: checked, not reported, not to be changed over the network', () => {
  const config = load('tls.server.mode=enforcing\ntls.server.keyPassword=secret\n', {
    'tls.server.mode': 'permissive',
  });
  assert.deepEqual(config.warnings, []);
  assert.deepEqual(
    [...config.tls],
    [
      ['tls.server.mode', 'permissive'],
      ['tls.server.keyPassword', 'secret'],
    ],
  );
  assert.ok(![...config.properties().keys()].some((key) => key.startsWith('tls.')));
  assert.equal(config.planUpdate(new Map([['tls.server.mode', 'permissive']])).changes.size, 0);
  assert.deepEqual(
    problemsOf(() => config.planUpdate(new Map([['tls.server.mode', 'disabled']]))),
    ["tls.server.mode cannot be changed over the network: change it in the broker's file and restart"],
  );
  assert.equal(
    problemsOf(() => config.planUpdate(new Map([['tls.server.keyPassword', 'secret']]))).length,
    1,
  );
  assert.match(
    problemsOf(() => load('tls.server.mod=enforcing\n'))[0]!,
    /there is no TLS setting tls\.server\.mod/,
  );
  assert.deepEqual(
    problemsOf(() => load('tls.enable=yes\n')),
    ['tls.enable=yes is not allowed: it must be true or false'],
  );
});

test('the environment gives settings of TLS too; the file beats it', () => {
  const environment = {
    ...testHost.environment,
    ROCKETMQ_TLS_ENABLE: 'true',
    ROCKETMQ_TLS_SERVER_MODE: 'disabled',
  };
  const config = BrokerConfig.load({
    host: { ...testHost, environment },
    file: { path: '/etc/broker.conf', content: 'tls.server.mode=permissive\n' },
  });
  assert.deepEqual(
    [...config.tls],
    [
      ['tls.enable', 'true'],
      ['tls.server.mode', 'permissive'],
    ],
  );
});
