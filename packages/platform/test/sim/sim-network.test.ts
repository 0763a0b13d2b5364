import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteStream } from '../../src/index.ts';
import { SimClock, SimNetwork, type SimNetworkOptions, SimRandom } from '../../src/sim/index.ts';

const A = '10.0.0.1';
const B = '10.0.0.2';

class Side {
  text = '';
  chunks = 0;
  drains = 0;
  closed: 'no' | Error | undefined = 'no';
  readonly stream: ByteStream;

  constructor(stream: ByteStream) {
    this.stream = stream;
    stream.setHandler({
      onData: (chunk) => {
        this.text += chunk.toString();
        this.chunks++;
      },
      onDrain: () => this.drains++,
      onClose: (error) => {
        this.closed = error;
      },
    });
  }
}

async function connectPair(
  options: Partial<SimNetworkOptions> = {},
  seed = 1,
): Promise<{ clock: SimClock; network: SimNetwork; client: Side; server: Side }> {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: new SimRandom(seed), ...options });
  let server: Side | undefined;
  await network.host(B).listen({ host: '0.0.0.0', port: 9876 }, (stream) => {
    server = new Side(stream);
  });
  const connecting = network.host(A).connect({ host: B, port: 9876, timeoutMs: 1000 });
  const client = new Side(await clock.run(connecting));
  return { clock, network, client, server: server! };
}

test('bytes arrive in order after their latency, cut anywhere', async () => {
  const { clock, client, server } = await connectPair({ latencyMs: { min: 5, max: 20 }, cutChance: 0.5 });
  let sent = '';
  for (let i = 0; i < 100; i++) {
    client.stream.write([Buffer.from(`${i},`)]);
    sent += `${i},`;
  }
  assert.equal(server.text, '');
  await clock.advance(4);
  assert.equal(server.text, '');
  await clock.advance(2000);
  assert.equal(server.text, sent);
  assert.ok(server.chunks > 100, 'nothing was cut');
  assert.equal(server.stream.remoteAddress, A);
});

test('the same seed gives the same run', async () => {
  const runs = [7, 7, 8].map(async (seed) => {
    const { clock, network, client, server } = await connectPair({ cutChance: 0.5 }, seed);
    network.resetChance = 0.02;
    for (let i = 0; i < 50; i++) {
      client.stream.write([Buffer.from('some bytes')]);
      await clock.advance(1);
    }
    return `${server.text.length} ${server.chunks} ${String(server.closed)}`;
  });
  const [first, second, third] = await Promise.all(runs);
  assert.equal(first, second);
  assert.notEqual(first, third);
});

test('a full window keeps bytes with the writer, uncopied, until the reader reads', async () => {
  const { clock, client, server } = await connectPair({ windowBytes: 10 });
  server.stream.pause();
  const memory = Buffer.from('0123456789abcdefghijklmnopqrstuvwxyz');
  let flushed = 0;
  client.stream.write([memory], () => flushed++);
  await clock.advance(10);
  assert.equal(client.stream.bufferedBytes, 26);
  assert.equal(flushed, 0);
  memory.write('ABC', 10);
  server.stream.resume();
  await clock.advance(10);
  assert.equal(server.text, '0123456789ABCdefghijklmnopqrstuvwxyz');
  assert.equal(flushed, 1);
});

test('onDrain follows a write that answered false', async () => {
  const { clock, client } = await connectPair({ windowBytes: 1000 });
  assert.equal(client.stream.write([Buffer.alloc(10)]), true);
  assert.equal(client.stream.write([Buffer.alloc(20_000)]), false);
  await clock.advance(10);
  assert.equal(client.drains, 1);
});

test('an orderly end comes after the bytes, a destroyed stream loses what it kept', async () => {
  const { clock, client, server } = await connectPair();
  client.stream.write([Buffer.from('bye')]);
  client.stream.end();
  await clock.advance(10);
  assert.equal(server.text, 'bye');
  assert.equal(server.closed, undefined);
  assert.equal(client.closed, undefined);
});

test('a partition holds bytes and lets connects time out, healing delivers', async () => {
  const { clock, network, client, server } = await connectPair();
  network.partition(A, B);
  client.stream.write([Buffer.from('held')]);
  await clock.advance(10_000);
  assert.equal(server.text, '');
  const attempt = network.host(A).connect({ host: B, port: 9876, timeoutMs: 3000 });
  await assert.rejects(clock.run(attempt), { code: 'ETIMEDOUT' });
  network.heal(A, B);
  await clock.advance(10);
  assert.equal(server.text, 'held');
});

test('reset, loss and crash', async () => {
  const one = await connectPair();
  one.network.reset(A, B);
  await one.clock.advance(1);
  assert.equal((one.client.closed as NodeJS.ErrnoException).code, 'ECONNRESET');
  assert.equal((one.server.closed as NodeJS.ErrnoException).code, 'ECONNRESET');

  const two = await connectPair();
  two.network.lose(A, B);
  two.client.stream.write([Buffer.from('into the void')]);
  two.client.stream.destroy();
  await two.clock.advance(100_000);
  assert.equal(two.server.text, '');
  assert.equal(two.server.closed, 'no');

  const three = await connectPair();
  three.network.crash(B);
  await three.clock.advance(1);
  assert.notEqual(three.client.closed, 'no');
  const attempt = three.network.host(A).connect({ host: B, port: 9876, timeoutMs: 3000 });
  await assert.rejects(three.clock.run(attempt), { code: 'ECONNREFUSED' });
});

test('ports: 0 takes a free one, a taken one is refused, a closed one is free again', async () => {
  const network = new SimNetwork({ clock: new SimClock(), random: new SimRandom(1) });
  const host = network.host(A);
  const first = await host.listen({ host: '0.0.0.0', port: 0 }, () => {});
  const taken = host.listen({ host: A, port: first.port }, () => {});
  await assert.rejects(taken, { code: 'EADDRINUSE' });
  await first.close();
  await host.listen({ host: A, port: first.port }, () => {});
});
