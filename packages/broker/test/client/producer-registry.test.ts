import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { ProducerRegistry } from '../../src/client/producer-registry.ts';
import { type FakeConnection, fakeConnection } from '../support/fake-connection.ts';
import { RecordingLogger } from '../support/recording-logger.ts';

function setUp() {
  const clock = new SimClock();
  const producers = new ProducerRegistry(clock, new RecordingLogger());
  const beat = (connection: FakeConnection, group = 'P'): void =>
    producers.register(group, {
      connection: connection.asConnection,
      clientId: connection.remoteAddress,
      language: 0,
      version: 293,
      lastSeenMs: clock.monotonicMs(),
    });
  return { clock, producers, beat };
}

test('members come, are asked in turn, and go', () => {
  const { producers, beat } = setUp();
  const [a, b] = [fakeConnection('a'), fakeConnection('b')];
  assert.equal(producers.members('P'), undefined);
  beat(a);
  beat(b);
  beat(a);
  assert.equal(producers.members('P')?.length, 2);
  const asked = [producers.nextConnection('P'), producers.nextConnection('P')];
  assert.deepEqual(new Set(asked), new Set([a.asConnection, b.asConnection]));
  b.closed = true;
  assert.equal(producers.nextConnection('P'), a.asConnection);
  producers.connectionClosed(b.asConnection);
  producers.unregister('P', a.asConnection);
  assert.equal(producers.members('P'), undefined);
  assert.equal(producers.nextConnection('P'), undefined);
});

test('a silent producer is disconnected', () => {
  const { clock, producers, beat } = setUp();
  const a = fakeConnection('a');
  beat(a);
  clock.advanceSync(120_000);
  producers.dropSilent(120_000);
  assert.equal(a.closed, false);
  clock.advanceSync(1);
  producers.dropSilent(120_000);
  assert.equal(a.closed, true);
  assert.equal(producers.members('P'), undefined);
});
