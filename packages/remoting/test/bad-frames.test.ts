import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { RemotingServer } from '../src/index.ts';
import { type BareSocket, requestFrame, World } from './support/world.ts';

/** A frame of these header bytes, with lengths as given or as they should be. */
function frame(
  header: string | Buffer,
  options: { length?: number; mark?: number; body?: string } = {},
): Buffer {
  const headerBytes = Buffer.from(header);
  const body = Buffer.from(options.body ?? '');
  const bytes = Buffer.alloc(8);
  bytes.writeInt32BE(options.length ?? 4 + headerBytes.length + body.length, 0);
  bytes.writeInt32BE(options.mark ?? headerBytes.length, 4);
  return Buffer.concat([bytes, headerBytes, body]);
}

const GOOD = '{"code":1,"flag":0,"language":"JAVA","opaque":5,"version":293}';

/** What every peer that is not a RocketMQ client, or a broken one, might send. */
const CLOSING: Record<string, Buffer> = {
  'negative length': frame(GOOD, { length: -1 }),
  'most negative length': frame(GOOD, { length: -(2 ** 31) }),
  'length 0': frame(GOOD, { length: 0 }),
  'length 3': frame(GOOD, { length: 3 }),
  'length 0 and nothing behind it': Buffer.alloc(4),
  'length 3 and no header length': Buffer.from([0, 0, 0, 3, 1, 1, 1]),
  'huge length': frame(GOOD, { length: 2 ** 31 - 1 }),
  'length over the bound': frame(GOOD, { length: 16 * 1024 * 1024 + 1 }),
  'header longer than the frame': frame(GOOD, { mark: GOOD.length + 1 }),
  'header length of 24 bits set': frame(GOOD, { mark: 0xffffff }),
  'unknown serialize type 2': frame(GOOD, { mark: (2 << 24) | GOOD.length }),
  'unknown serialize type 255': frame(GOOD, { mark: (255 << 24) | GOOD.length }),
  'truncated JSON': frame(GOOD.slice(0, -10)),
  'empty header': frame(''),
  'JSON that is a list': frame('[1,2,3]'),
  'JSON that is a number': frame('17'),
  'code of a wrong type': frame('{"code":"abc","opaque":5}'),
  'opaque of a wrong type': frame('{"code":1,"opaque":{}}'),
  'code beyond 32 bits': frame('{"code":99999999999,"opaque":5}'),
  'extFields of a wrong type': frame('{"code":1,"opaque":5,"extFields":[1]}'),
  'deeply nested JSON': frame(`{"code":1,"opaque":5,"x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`),
  'binary header cut off': frame(Buffer.alloc(10), { mark: (1 << 24) | 10 }),
  'binary remark too long': frame(binaryHeader({ remarkBytes: 1000 }), { mark: (1 << 24) | 21 }),
  'binary remark negative': frame(binaryHeader({ remarkBytes: -5 }), { mark: (1 << 24) | 21 }),
  'binary ext too long': frame(binaryHeader({ extBytes: 2 ** 31 - 1 }), { mark: (1 << 24) | 21 }),
  'an HTTP request': Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  'a TLS hello': Buffer.from('16030100c8010000c40303', 'hex'),
  'an SSH banner': Buffer.from('SSH-2.0-OpenSSH_9.6\r\n'),
};

function binaryHeader(lengths: { remarkBytes?: number; extBytes?: number }): Buffer {
  const header = Buffer.alloc(21);
  header.writeInt16BE(1, 0);
  header.writeInt32BE(lengths.remarkBytes ?? 0, 13);
  header.writeInt32BE(lengths.extBytes ?? 0, 17);
  return header;
}

interface Scene {
  readonly world: World;
  readonly server: RemotingServer;
  readonly other: BareSocket;
}

async function scene(): Promise<Scene> {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => ({ code: 0 }));
  return { world, server, other: await world.socket() };
}

async function stillServes({ world, other }: Scene): Promise<void> {
  other.send(requestFrame({ code: 1, opaque: 77 }));
  await world.clock.advance(1);
  assert.equal(other.frames()[0]?.opaque, 77, 'another connection is no longer served');
}

for (const [name, bytes] of Object.entries(CLOSING)) {
  test(`${name}: closes that connection only`, async () => {
    const it = await scene();
    for (const pieceBytes of [bytes.length, 1]) {
      const socket = await it.world.socket();
      // Well-formed requests before it are answered.
      socket.send(requestFrame({ code: 1, opaque: 3 }));
      for (let at = 0; at < bytes.length && at < 4096 * pieceBytes; at += pieceBytes) {
        socket.send(bytes.subarray(at, at + pieceBytes));
      }
      if (pieceBytes === 1 && bytes.length > 4096) socket.send(bytes.subarray(4096));
      await it.world.clock.advance(10);
      assert.equal(socket.closed, true, `not closed when sent ${pieceBytes} bytes at a time`);
    }
    await stillServes(it);
    assert.equal(it.server.connectionCount, 1);
    assert.equal(it.server.frameMemory.heldBytes, 0);
    assert.equal(it.world.logged.length, 2);
    assert.match(it.world.logged[0]!, /^warn connection closed: /);
  });
}

test('unusual but well-formed frames are answered', async () => {
  const it = await scene();
  const socket = await it.world.socket();
  const unusual = [
    frame('{"opaque":1}'),
    frame('{"code":1,"opaque":2,"flag":0,"unknownMember":{"a":[1,{"b":null}]},"version":9999}'),
    frame(' {\t"opaque" : 3 ,\n"code":1, "extFields":null, "remark":null}'),
    frame('{"code":1,"opaque":4,"language":"KLINGON","extFields":{"__proto__":"x","a":1,"b":true}}'),
    frame(GOOD.replace('5', '-7'), { body: 'a body nobody asked for' }),
  ];
  socket.send(...unusual);
  await it.world.clock.advance(1);
  assert.deepEqual(
    socket.frames().map(({ opaque, code }) => [opaque, code]),
    [
      [1, 3],
      [2, 0],
      [3, 0],
      [4, 0],
      [-7, 0],
    ],
  );
  assert.equal(socket.closed, false);
});

test('answers to nothing that was asked are ignored', async () => {
  const it = await scene();
  it.other.send(
    requestFrame({ code: 0, opaque: 12345, flag: 1 }),
    requestFrame({ code: 0, opaque: -1, flag: 3 }),
  );
  await it.world.clock.advance(1);
  await stillServes(it);
});

test('random bytes never harm the server, whatever comes in whatever pieces', async () => {
  const it = await scene();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(requestFrame({ code: 1 }))), {
        maxLength: 8,
      }),
      async (pieces) => {
        const socket = await it.world.socket();
        for (const piece of pieces) socket.send(Buffer.from(piece));
        await it.world.clock.advance(2);
        socket.stream.destroy();
        await it.world.clock.advance(2);
        assert.equal(it.server.connectionCount, 1);
      },
    ),
    { numRuns: 200 },
  );
  await stillServes(it);
  assert.equal(it.server.frameMemory.heldBytes, 0);
});

test('valid frames with one changed byte never harm the server', async () => {
  const it = await scene();
  const json = requestFrame({
    code: 1,
    opaque: 2,
    ext: new Map([['topic', 'TopicA']]),
    body: Buffer.from('body'),
  });
  const binary = requestFrame({ code: 1, opaque: 2, ext: new Map([['topic', 'TopicA']]), serializeType: 1 });
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(json, binary),
      fc.nat(),
      fc.integer({ min: 1, max: 255 }),
      async (original, position, change) => {
        const changed = Buffer.from(original);
        changed[position % changed.length]! ^= change;
        const socket = await it.world.socket();
        socket.send(changed);
        await it.world.clock.advance(2);
        socket.stream.destroy();
        await it.world.clock.advance(2);
      },
    ),
    { numRuns: 400 },
  );
  await stillServes(it);
});

test('requests cut anywhere arrive whole', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat({ max: 300_000 }), { minLength: 1, maxLength: 6 }),
      fc.integer({ min: 1, max: 2 ** 31 - 1 }),
      async (bodySizes, seed) => {
        const world = new World({ cutChance: 0.7 }, seed);
        const server = await world.server();
        server.handle(1, ({ body }) => ({ code: 0, body: Buffer.from(body) }));
        const socket = await world.socket();
        bodySizes.forEach((size, opaque) => {
          socket.send(requestFrame({ code: 1, opaque, body: Buffer.alloc(size, opaque + 1) }));
        });
        await world.clock.advance(1000);
        const answers = socket.frames();
        assert.deepEqual(
          answers.map(({ body }) => body?.length ?? 0),
          bodySizes,
        );
        for (const { opaque, body } of answers)
          assert.ok((body ?? Buffer.alloc(0)).every((byte) => byte === opaque + 1));
        assert.equal(server.frameMemory.heldBytes, 0);
      },
    ),
    { numRuns: 30 },
  );
});
