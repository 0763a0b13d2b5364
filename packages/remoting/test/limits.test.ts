import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ResponseCode } from '@rocketmq-ts/protocol';
import { requestFrame, World } from './support/world.ts';

const MIB = 1024 * 1024;

test('one connection too many is closed at once, the next when there is room again', async () => {
  const world = new World();
  const server = await world.server({ limits: { maxConnections: 2 } });
  const first = await world.socket();
  await world.socket();
  const third = await world.socket();
  await world.clock.advance(1);
  assert.equal(third.closed, true);
  assert.equal(server.connectionCount, 2);
  assert.match(world.logged[0]!, /^warn connection from .* refused: 2 are open, maxConnections is 2/);
  first.stream.end();
  await world.clock.advance(1);
  const fourth = await world.socket();
  await world.clock.advance(1);
  assert.equal(fourth.closed, false);
});

test('an idle connection is closed after the idle time, one in use is not', async () => {
  const world = new World();
  const server = await world.server({ limits: { idleTimeoutMs: 120_000 } });
  server.handle(34, () => ({ code: 0 }));
  const idle = await world.socket();
  const busy = await world.socket();
  for (let i = 0; i < 6; i++) {
    busy.send(requestFrame({ code: 34 }));
    await world.clock.advance(30_000);
    if (i === 2) assert.equal(idle.closed, false);
  }
  assert.equal(idle.closed, true);
  assert.equal(busy.closed, false);
  assert.equal(server.connectionCount, 1);
});

test('a frame that does not come to its end closes the connection, also when it trickles', async () => {
  const world = new World();
  await world.server({ limits: { partialFrameTimeoutMs: 60_000 } });
  const halfSent = await world.socket();
  const trickling = await world.socket();
  const frame = requestFrame({ code: 1, body: Buffer.alloc(100_000) });
  halfSent.send(frame.subarray(0, 6));
  for (let at = 0; at < 130; at++) {
    trickling.send(frame.subarray(at, at + 1));
    await world.clock.advance(1000);
  }
  assert.equal(halfSent.closed, true);
  assert.equal(trickling.closed, true);
  assert.match(world.logged.join('\n'), /a frame from 10\.0\.0\.2:\d+ was not complete after 6\d000 ms/);
});

test('announcing large frames costs no memory; sending them is bounded and cuts the oldest off', async () => {
  const world = new World({ windowBytes: 64 * MIB });
  const server = await world.server({ limits: { partialFramesMaxBytes: 40 * MIB } });
  server.handle(1, ({ body }) => ({ code: 0, ext: { bytes: body.length } }));
  const prefix = requestFrame({ code: 1, body: Buffer.alloc(15 * MIB) });
  const announcers = [];
  for (let i = 0; i < 100; i++) {
    const socket = await world.socket();
    socket.send(prefix.subarray(0, 12));
    announcers.push(socket);
  }
  await world.clock.advance(1);
  assert.ok(server.frameMemory.heldBytes <= 100 * 128 * 1024, `${server.frameMemory.heldBytes} bytes held`);
  const senders = [];
  for (let i = 0; i < 4; i++) {
    const socket = await world.socket();
    socket.send(prefix.subarray(0, 14 * MIB));
    await world.clock.advance(1);
    senders.push(socket);
  }
  assert.ok(server.frameMemory.heldBytes <= 40 * MIB);
  assert.ok(
    announcers.every((socket) => socket.closed),
    'those who began first and go on least gave way',
  );
  assert.deepEqual(
    senders.map((socket) => socket.closed),
    [true, true, false, false],
  );
  assert.match(world.logged.join('\n'), /frames not yet complete hold \d+ of 41943040 bytes/);
  // An honest peer is still served meanwhile.
  const honest = await world.socket();
  honest.send(prefix.subarray(0, 100), prefix.subarray(100));
  await world.clock.advance(1);
  assert.equal(honest.frames()[0]?.ext.get('bytes'), String(15 * MIB));
});

test('requests whose handlers do not finish are bounded per connection, with SYSTEM_BUSY', async () => {
  const world = new World();
  const server = await world.server({ limits: { maxRequestsInFlight: 3 } });
  const finish: (() => void)[] = [];
  server.handle(1, () => new Promise((resolve) => finish.push(() => resolve({ code: 0 }))));
  const socket = await world.socket();
  const other = await world.socket();
  for (let opaque = 0; opaque < 5; opaque++) socket.send(requestFrame({ code: 1, opaque }));
  other.send(requestFrame({ code: 1, opaque: 100 }));
  await world.clock.advance(1);
  const busy = socket.frames();
  assert.deepEqual(
    busy.map(({ opaque, code }) => [opaque, code]),
    [
      [3, ResponseCode.SYSTEM_BUSY],
      [4, ResponseCode.SYSTEM_BUSY],
    ],
  );
  assert.match(busy[0]!.remark!, /^\[OVERLOAD\]3 requests of this connection are under way/);
  assert.equal(finish.length, 4);
  for (const done of finish.splice(0)) done();
  await world.clock.advance(1);
  assert.equal(socket.frames().length, 3);
  assert.equal(other.frames().length, 1);
  socket.send(requestFrame({ code: 1, opaque: 6 }));
  await world.clock.advance(1);
  assert.equal(finish.length, 1);
});

test('bytes of requests under way are bounded over all connections', async () => {
  const world = new World();
  const server = await world.server({ limits: { maxRequestBytesInFlight: 1000 } });
  server.handle(1, () => new Promise(() => {}));
  const sockets = [await world.socket(), await world.socket()];
  for (const socket of sockets) socket.send(requestFrame({ code: 1, body: Buffer.alloc(600) }));
  await world.clock.advance(1);
  assert.equal(sockets[0]!.frames().length, 0);
  assert.equal(sockets[1]!.frames()[0]!.code, ResponseCode.SYSTEM_BUSY);
});

test('a flood of bad peers does not flood the log', async () => {
  const world = new World();
  await world.server();
  for (let i = 0; i < 200; i++) {
    const socket = await world.socket();
    socket.send(Buffer.from('GET / HTTP/1.1'));
    await world.clock.advance(1);
  }
  assert.equal(world.logged.length, 60);
  await world.clock.advance(60_000);
  const socket = await world.socket();
  socket.send(Buffer.from('GET / HTTP/1.1'));
  await world.clock.advance(1);
  assert.equal(world.logged[60], 'warn 140 more such reports were left out');
  assert.equal(world.logged.length, 62);
});
