import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ByteStream, type Listener, RealNetwork } from '../../src/index.ts';

/** Accepted streams in order, what each got, and how each ended. */
class Side {
  readonly received: Buffer[] = [];
  drains = 0;
  closed: Promise<Error | undefined>;
  readonly stream: ByteStream;

  constructor(stream: ByteStream) {
    this.stream = stream;
    this.closed = new Promise((resolve) => {
      stream.setHandler({
        onData: (chunk) => this.received.push(chunk),
        onDrain: () => this.drains++,
        onClose: resolve,
      });
    });
  }

  get text(): string {
    return Buffer.concat(this.received).toString();
  }
}

async function connectPair(
  network: RealNetwork,
): Promise<{ client: Side; server: Side; listener: Listener }> {
  let accepted: (side: Side) => void = () => {};
  const server = new Promise<Side>((resolve) => {
    accepted = resolve;
  });
  const listener = await network.listen({ host: '127.0.0.1', port: 0 }, (s) => accepted(new Side(s)));
  const stream = await network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
  return { client: new Side(stream), server: await server, listener };
}

async function until(condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!condition()) {
    assert.ok(performance.now() < deadline, 'condition not reached');
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('several chunks of one write arrive in order, and the write tells when it is flushed', async () => {
  const { client, server, listener } = await connectPair(new RealNetwork());
  let flushed = 0;
  client.stream.write([Buffer.from('a'), Buffer.from('bc'), Buffer.from('d')], () => flushed++);
  client.stream.write([Buffer.from('e')]);
  await until(() => server.text === 'abcde' && flushed === 1);
  assert.equal(client.stream.bufferedBytes, 0);
  assert.equal(server.stream.remoteAddress, '127.0.0.1');
  assert.equal(server.stream.remotePort, client.stream.localPort);
  client.stream.end();
  assert.equal(await server.closed, undefined);
  assert.equal(await client.closed, undefined);
  await listener.close();
});

test('bytes for a paused reader are buffered, drained after it resumes', async () => {
  const { client, server, listener } = await connectPair(new RealNetwork());
  server.stream.pause();
  const chunk = Buffer.alloc(1024 * 1024, 'x');
  let flushed = 0;
  for (let i = 0; i < 20; i++) client.stream.write([chunk], () => flushed++);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(client.stream.bufferedBytes > 0, 'all of it left although nobody read');
  assert.ok(flushed < 20);
  server.stream.resume();
  await until(() => flushed === 20 && client.drains > 0);
  assert.equal(client.stream.bufferedBytes, 0);
  client.stream.destroy();
  await server.closed;
  await listener.close();
});

test('every write is told flushed, also when the stream goes away', async () => {
  const { client, server, listener } = await connectPair(new RealNetwork());
  server.stream.pause();
  let flushed = 0;
  for (let i = 0; i < 20; i++) client.stream.write([Buffer.alloc(1024 * 1024)], () => flushed++);
  client.stream.destroy(new Error('enough'));
  assert.match((await client.closed)?.message ?? '', /enough/);
  client.stream.write([Buffer.from('late')], () => flushed++);
  await until(() => flushed === 21);
  server.stream.destroy();
  await listener.close();
});

test('a taken port, a refused and a silent address are rejected with their codes', async () => {
  const network = new RealNetwork();
  const { client, listener } = await connectPair(network);
  const again = network.listen({ host: '127.0.0.1', port: listener.port }, () => {});
  await assert.rejects(again, { code: 'EADDRINUSE' });
  client.stream.destroy();
  await listener.close();
  const refused = network.connect({ host: '127.0.0.1', port: listener.port, timeoutMs: 60_000 });
  await assert.rejects(refused, { code: 'ECONNREFUSED' });
});

test('closing a listener frees its port and keeps its streams', async () => {
  const network = new RealNetwork();
  const { client, server, listener } = await connectPair(network);
  await listener.close();
  const next = await network.listen({ host: '127.0.0.1', port: listener.port }, () => {});
  client.stream.write([Buffer.from('still here')]);
  await until(() => server.text === 'still here');
  client.stream.destroy();
  await server.closed;
  await next.close();
});
