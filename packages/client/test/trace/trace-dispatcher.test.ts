/** The dispatcher of traces by itself: what goes into one message, what is dropped, what a shutdown waits for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingMessage, SendResult } from '@rocketmq-ts/client';
import { TraceDispatcher } from '../../src/trace/trace-dispatcher.ts';
import { SimWorld } from '../support/sim-world.ts';

interface Sent {
  readonly message: OutgoingMessage;
  readonly end: (error?: Error) => void;
}

function scene() {
  const world = new SimWorld();
  const sent: Sent[] = [];
  const sender = {
    send: (message: OutgoingMessage) =>
      new Promise<SendResult>((resolve, reject) => {
        const end = (error?: Error) => (error ? reject(error) : resolve({} as SendResult));
        sent.push({ message, end });
      }),
  };
  const dispatcher = new TraceDispatcher(sender, 'Traces', world.clock, world.log);
  const append = (i: number, topic = 'T', text = `line ${i};`) =>
    dispatcher.append({ topic, text, keys: [`id${i}`, 'shared'] });
  return { world, sent, dispatcher, append };
}

test('traces of one topic go together, in order, with every key once', async () => {
  const { world, sent, append } = scene();
  append(1);
  append(2, 'Other');
  append(3);
  assert.equal(sent.length, 0);
  await world.advance(20);
  assert.deepEqual(
    sent.map(({ message }) => message),
    [
      { topic: 'Traces', body: 'line 1;line 3;', keys: ['id1', 'shared', 'id3'] },
      { topic: 'Traces', body: 'line 2;', keys: ['id2', 'shared'] },
    ],
  );
});

test('a message holds a hundred traces, 118000 characters and the keys that a property list takes', async () => {
  const { world, sent, dispatcher, append } = scene();
  for (let i = 0; i < 150; i++) append(i);
  assert.equal(sent.length, 1, 'a hundred do not wait for the timer');
  await world.advance(20);
  assert.deepEqual(
    sent.map(({ message }) => String(message.body).split(';').length - 1),
    [100, 50],
  );
  for (let i = 0; i < 3; i++) append(i, 'T', `${'x'.repeat(50_000)};`);
  await world.advance(20);
  assert.deepEqual(
    sent.slice(2).map(({ message }) => message.body.length),
    [100_002, 50_001],
  );
  for (const each of sent) each.end();
  await world.advance(20);
  dispatcher.append({
    topic: 'T',
    text: 'batch',
    keys: Array.from({ length: 1000 }, (_, i) => `${i}`.padStart(32)),
  });
  await world.advance(20);
  assert.equal(sent[4]?.message.body, 'batch');
  assert.equal(sent[4]?.message.keys?.length, 727);
});

test('no more than 2048 wait: the rest is dropped, counted, and told once a minute', async () => {
  const { world, sent, dispatcher, append } = scene();
  for (let i = 0; i < 4000; i++) append(i);
  const underWay = sent.reduce((sum, { message }) => sum + String(message.body).split(';').length - 1, 0);
  assert.equal(underWay, 400, 'four messages at a time');
  assert.equal(dispatcher.lost, 4000 - 400 - 2048);
  assert.equal(world.log.lines.length, 1);
  await world.advance(60_000);
  append(1);
  assert.match(world.log.lines[1] ?? '', /1552 message traces were lost .*, 1553 in all/);
});

test('what no broker takes is counted, and tried more slowly', async () => {
  const { world, sent, dispatcher, append } = scene();
  append(1);
  await world.advance(20);
  sent[0]?.end(new Error('no route'));
  await world.advance(0);
  assert.equal(dispatcher.lost, 1);
  assert.match(
    world.log.lines[0] ?? '',
    /1 message traces were lost \(topic Traces could not be written\).*no route/,
  );
  append(2);
  await world.advance(900);
  assert.equal(sent.length, 1);
  await world.advance(200);
  assert.equal(sent.length, 2);
});

test('a shutdown sends what waits, within its time, and tells what is left', async () => {
  const { world, sent, dispatcher, append } = scene();
  append(1);
  const closed = dispatcher.close(3000);
  assert.equal(sent.length, 1);
  sent[0]?.end();
  await world.run(closed);
  assert.equal(dispatcher.lost, 0);

  const other = scene();
  for (let i = 0; i < 500; i++) other.append(i);
  const startMs = other.world.clock.monotonicMs();
  await other.world.run(other.dispatcher.close(3000));
  assert.equal(other.world.clock.monotonicMs() - startMs, 3000);
  assert.equal(other.dispatcher.lost, 100);
  assert.match(other.world.log.lines[0] ?? '', /100 message traces were lost \(the client was shut down\)/);
});
