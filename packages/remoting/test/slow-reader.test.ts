import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ADDRESS, requestFrame, World } from './support/world.ts';

const KIB = 1024;

test('a peer that does not read is no longer read from, and served again once it reads', async () => {
  const world = new World({ windowBytes: 16 * KIB });
  const server = await world.server({
    limits: { outputHighWaterBytes: 64 * KIB, outputMaxBytes: 1024 * KIB },
  });
  let handled = 0;
  server.handle(1, () => {
    handled++;
    return { code: 0, body: Buffer.alloc(8 * KIB, handled) };
  });
  const socket = await world.socket();
  socket.stream.pause();
  for (let opaque = 0; opaque < 200; opaque++) socket.send(requestFrame({ code: 1, opaque }));
  await world.clock.advance(100);
  assert.ok(handled < 20, `${handled} requests handled for a peer that does not read`);
  const [connection] = server.connections;
  assert.ok(connection!.queuedBytes < 80 * KIB);
  socket.stream.resume();
  await world.clock.advance(1000);
  const frames = socket.frames();
  assert.deepEqual(
    frames.map(({ opaque }) => opaque),
    Array.from({ length: 200 }, (_, i) => i),
  );
  frames.forEach(({ body }, i) => {
    assert.ok(body!.every((byte) => byte === ((i + 1) & 0xff)));
  });
  assert.equal(connection!.queuedBytes, 0);
});

test('large requests and large answers do not wait for each other', async () => {
  const world = new World({ windowBytes: 16 * KIB });
  const server = await world.server({ limits: { outputHighWaterBytes: 64 * KIB } });
  server.handle(1, ({ body }) => ({ code: 0, body }));
  const client = world.client();
  const body = Buffer.alloc(64 * KIB, 7);
  let answered = 0;
  const calls = Array.from({ length: 200 }, async () => {
    const answer = await client.invoke(ADDRESS, { code: 1, body }, 60_000);
    if (answer.body?.equals(body)) answered++;
  });
  await world.clock.advance(30_000);
  assert.equal(answered, 200);
  await Promise.all(calls);
});

test('the rest of a chunk waits too: many requests in one chunk do not pile up answers', async () => {
  const world = new World({ windowBytes: 256 * KIB });
  const server = await world.server({ limits: { outputHighWaterBytes: 64 * KIB } });
  let mostQueued = 0;
  server.handle(1, (_request, connection) => {
    mostQueued = Math.max(mostQueued, connection.queuedBytes);
    return { code: 0, body: Buffer.alloc(8 * KIB) };
  });
  const socket = await world.socket();
  socket.send(Buffer.concat(Array.from({ length: 100 }, (_, opaque) => requestFrame({ code: 1, opaque }))));
  await world.clock.advance(100);
  assert.equal(socket.frames().length, 100);
  assert.ok(mostQueued > 32 * KIB && mostQueued < 64 * KIB, `${mostQueued} bytes queued`);
});

test('a peer past the hard bound is cut off with a clear error, others are not', async () => {
  const world = new World({ windowBytes: 16 * KIB });
  const server = await world.server({
    limits: { outputHighWaterBytes: 64 * KIB, outputMaxBytes: 256 * KIB },
  });
  server.handle(1, () => ({ code: 0 }));
  const slow = await world.socket();
  slow.stream.pause();
  const [connection] = server.connections;
  let released = 0;
  const memory = Buffer.alloc(32 * KIB);
  const push = (): void => {
    if (connection!.closed) return;
    connection!.output.appendSpan(memory, 0, memory.length, () => released++);
    world.clock.setTimeout(push, 10);
  };
  push();
  await world.clock.advance(1000);
  assert.equal(connection!.closed, true);
  assert.match(
    world.logged[0]!,
    /^warn connection closed: .* does not read: \d+ bytes wait for it, outputMaxBytes is 262144/,
  );
  assert.equal(released, 9, 'every span was released, the pending ones too');
  const other = await world.socket();
  other.send(requestFrame({ code: 1, opaque: 4 }));
  await world.clock.advance(1);
  assert.equal(other.frames()[0]!.opaque, 4);
});

test('one large answer alone may pass the bound', async () => {
  const world = new World({ windowBytes: 16 * KIB });
  const server = await world.server({
    limits: { outputHighWaterBytes: 64 * KIB, outputMaxBytes: 128 * KIB },
  });
  server.handle(1, () => ({ code: 0, body: Buffer.alloc(1024 * KIB) }));
  const socket = await world.socket();
  socket.send(requestFrame({ code: 1, opaque: 1 }), requestFrame({ code: 1, opaque: 2 }));
  await world.clock.advance(1000);
  assert.equal(socket.frames().length, 2);
});

test('slow readers are bounded together: past the bound those that wait are cut off when they ask for more', async () => {
  const world = new World({ windowBytes: 16 * KIB });
  const server = await world.server({
    limits: { outputHighWaterBytes: 1024 * KIB, outputTotalMaxBytes: 1024 * KIB },
  });
  server.handle(1, () => ({ code: 0, body: Buffer.alloc(400 * KIB) }));
  const slow = [];
  for (let i = 0; i < 4; i++) {
    const socket = await world.socket();
    socket.stream.pause();
    socket.send(requestFrame({ code: 1 }));
    await world.clock.advance(1);
    slow.push(socket);
  }
  assert.ok(server.outputHeldBytes > 1024 * KIB);
  const quick = await world.socket();
  quick.send(requestFrame({ code: 1 }));
  await world.clock.advance(50);
  assert.equal(quick.frames().length, 1, 'a peer that keeps up is served');
  slow[0]!.send(requestFrame({ code: 1 }));
  await world.clock.advance(1);
  assert.equal(slow[0]!.stream.bufferedBytes, 0);
  assert.match(world.logged.join(), /does not read: .* for all such peers, outputTotalMaxBytes is 1048576/);
  for (const socket of slow) socket.stream.destroy();
  await world.clock.advance(10);
  assert.equal(server.outputHeldBytes, 0);
  assert.equal(server.connectionCount, 1);
});
