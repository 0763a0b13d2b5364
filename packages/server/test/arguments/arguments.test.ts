import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBrokerArguments } from '../../src/arguments/broker-arguments.ts';
import { parseNamesrvArguments } from '../../src/arguments/namesrv-arguments.ts';

test("RocketMQ's spellings of the broker's options", () => {
  const line = ['-n', 'localhost:9876', 'autoCreateTopicEnable=true', '-c', 'conf/broker.conf'];
  const parsed = parseBrokerArguments(line);
  assert.equal(parsed.configFile, 'conf/broker.conf');
  assert.equal(parsed.printConfig, undefined);
  assert.deepEqual(
    [...parsed.overrides],
    [
      ['autoCreateTopicEnable', 'true'],
      ['namesrvAddr', 'localhost:9876'],
    ],
  );
  assert.equal(parseBrokerArguments(['--namesrvAddr', 'a:1;b:2']).overrides.get('namesrvAddr'), 'a:1;b:2');
  assert.equal(parseBrokerArguments(['-p']).printConfig, 'all');
  assert.equal(parseBrokerArguments(['-m']).printConfig, 'important');
  assert.equal(parseBrokerArguments(['-h']).help, true);
});

test('a wrong argument is named, with what is expected', () => {
  assert.throws(() => parseBrokerArguments(['-x']), /-x[\s\S]*usage: mqbroker/);
  assert.throws(() => parseBrokerArguments(['brokerName']), /"brokerName"[\s\S]*key=value/);
  assert.throws(() => parseNamesrvArguments(['listenPort']), /"listenPort"[\s\S]*key=value/);
});

test("the name server's options", () => {
  const parsed = parseNamesrvArguments(['-c', 'conf/namesrv.conf', '-p', 'listenPort=1']);
  assert.deepEqual(parsed, {
    help: false,
    printConfig: true,
    configFile: 'conf/namesrv.conf',
    overrides: new Map([['listenPort', '1']]),
  });
});
