import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ProtocolError, ResponseCode } from '@rocketmq-ts/protocol';
import { ResponseError } from '../src/index.ts';
import { requestFrame, World } from './support/world.ts';

test('an ordinary request is answered with its opaque, in its serialize type, as version 293 in JAVA', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(105, (request) => ({
    code: 0,
    remark: `topic ${request.ext.get('topic')}`,
    ext: { count: 3, flag: true, absent: undefined },
    body: Buffer.from('body'),
  }));
  const socket = await world.socket();
  socket.send(requestFrame({ code: 105, opaque: 7, ext: new Map([['topic', 'T\u4e2d']]) }));
  socket.send(requestFrame({ code: 105, opaque: 8, ext: new Map([['topic', 'B']]), serializeType: 1 }));
  await world.clock.advance(1);
  const text = socket.received.toString();
  assert.ok(
    text.includes(
      '{"code":0,"extFields":{"count":"3","flag":"true"},"flag":1,"language":"JAVA","opaque":7,' +
        '"remark":"topic T\u4e2d","serializeTypeCurrentRPC":"JSON","version":293}body',
    ),
    text,
  );
  const [json, binary] = socket.frames();
  assert.equal(json!.opaque, 7);
  assert.equal(binary!.serializeType, 1);
  assert.equal(binary!.opaque, 8);
  assert.equal(binary!.remark, 'topic B');
  assert.equal(binary!.body!.toString(), 'body');
});

test('answers of one turn leave in one write', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => ({ code: 0 }));
  const socket = await world.socket();
  let chunks = 0;
  socket.stream.setHandler({ onData: () => chunks++, onDrain: () => {}, onClose: () => {} });
  socket.send(Buffer.concat([1, 2, 3].map((opaque) => requestFrame({ code: 1, opaque }))));
  await world.clock.advance(1);
  assert.equal(chunks, 1);
});

test('unknown codes are answered 3, one-way requests never', async () => {
  const world = new World();
  const server = await world.server();
  const seen: number[] = [];
  server.handle(1, (request) => {
    seen.push(request.opaque);
    return { code: 0 };
  });
  server.handle(2, () => {
    throw new Error('broken');
  });
  const socket = await world.socket();
  socket.send(requestFrame({ code: 4711, opaque: 1 }));
  for (const code of [1, 2, 4711]) socket.send(requestFrame({ code, opaque: 2, flag: 2 }));
  await world.clock.advance(1);
  const [answer, ...more] = socket.frames();
  assert.equal(answer!.code, ResponseCode.REQUEST_CODE_NOT_SUPPORTED);
  assert.equal(answer!.remark, ' request type 4711 not supported');
  assert.deepEqual(more, []);
  assert.deepEqual(seen, [2]);
  assert.equal(socket.closed, false);
});

test('what a handler throws becomes an answer: its own code and text, or SYSTEM_ERROR', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => {
    throw new ResponseError(ResponseCode.TOPIC_NOT_EXIST, 'no such topic');
  });
  server.handle(2, async () => {
    throw new ProtocolError('HEADER_FIELD_MISSING', 'field missing');
  });
  server.handleRaw(3, () => {
    throw new TypeError('a mistake of ours');
  });
  server.handle(4, async () => undefined);
  const socket = await world.socket();
  for (const code of [1, 2, 3, 4]) socket.send(requestFrame({ code, opaque: code }));
  await world.clock.advance(1);
  const answers = new Map(socket.frames().map((frame) => [frame.opaque, frame]));
  assert.equal(answers.get(1)!.code, ResponseCode.TOPIC_NOT_EXIST);
  assert.equal(answers.get(1)!.remark, 'no such topic');
  assert.equal(answers.get(2)!.code, ResponseCode.SYSTEM_ERROR);
  assert.equal(answers.get(2)!.remark, 'field missing');
  assert.equal(answers.get(3)!.code, ResponseCode.SYSTEM_ERROR);
  assert.match(answers.get(3)!.remark!, /a mistake of ours/);
  assert.equal(answers.has(4), false);
  assert.equal(world.logged.length, 1, 'only our own mistake is logged as an error');
});

test('a raw handler gets the view and the body, and may answer later', async () => {
  const world = new World();
  const server = await world.server();
  server.handleRaw(310, (view, buffer, bodyStart, bodyEnd, connection) => {
    const topic = view.string(view.find('b'));
    const body = buffer.toString('utf8', bodyStart, bodyEnd);
    const { opaque, serializeType } = view;
    world.clock.setTimeout(
      () => connection.respond(opaque, serializeType, { code: 0, remark: `${topic} ${body}` }),
      5,
    );
  });
  const socket = await world.socket();
  socket.send(requestFrame({ code: 310, opaque: 5, ext: new Map([['b', 'T']]), body: Buffer.from('hello') }));
  await world.clock.advance(10);
  assert.equal(socket.frames()[0]!.remark, 'T hello');
});

test('a guard answers in place of the handler, and refuses one-way requests silently', async () => {
  const world = new World();
  const server = await world.server();
  let handled = 0;
  server.handle(1, () => {
    handled++;
    return { code: 0 };
  });
  server.setGuard((view) => (view.find('key') < 0 ? { code: 16, remark: 'no key' } : undefined));
  const socket = await world.socket();
  socket.send(requestFrame({ code: 1, opaque: 1 }));
  socket.send(requestFrame({ code: 1, opaque: 2, flag: 2 }));
  socket.send(requestFrame({ code: 1, opaque: 3, ext: new Map([['key', 'k']]) }));
  await world.clock.advance(1);
  assert.deepEqual(
    socket.frames().map((frame) => frame.code),
    [16, 0],
  );
  assert.equal(handled, 1);
});

test('one table of handlers serves several ports; a taken port lets none of them listen', async () => {
  const world = new World();
  const server = await world.server({ ports: [11000, 10998] });
  server.handle(1, (_request, connection) => ({ code: 0, remark: connection.localAddress }));
  for (const port of [11000, 10998]) {
    const socket = await world.socket(port);
    socket.send(requestFrame({ code: 1 }));
    await world.clock.advance(1);
    assert.equal(socket.frames()[0]!.remark, `10.0.0.1:${port}`);
  }
  await assert.rejects(world.server({ ports: [11010, 10998] }), {
    code: 'REMOTING_CONNECT',
    message: /cannot listen on 0\.0\.0\.0:10998.*EADDRINUSE/,
  });
  await world.server({ ports: [11010] });
});

test('the connection knows its peer; opening and closing are told', async () => {
  const world = new World();
  const events: string[] = [];
  const server = await world.server({
    onConnect: (connection) => events.push(`open ${connection.remoteAddress.split(':')[0]}`),
    onClose: (connection) => events.push(`close ${connection.language} ${connection.version}`),
  });
  server.handle(1, (_request, connection) => {
    connection.onClose(() => events.push('listener'));
    return { code: 0, remark: `${connection.remoteIp} ${connection.remotePort > 0}` };
  });
  const socket = await world.socket();
  socket.send(requestFrame({ code: 1, language: 9, version: 401 }));
  await world.clock.advance(1);
  assert.equal(socket.frames()[0]!.remark, `${(10 << 24) | 2} true`);
  socket.stream.end();
  await world.clock.advance(1);
  assert.deepEqual(events, ['open 10.0.0.2', 'listener', 'close 9 401']);
});

test('a request and its body may be kept by an ordinary handler', async () => {
  const world = new World();
  const server = await world.server();
  const kept: Buffer[] = [];
  server.handle(1, (request) => {
    kept.push(request.body);
    return { code: 0 };
  });
  const socket = await world.socket();
  const frames = Buffer.concat(
    ['one', 'two'].map((body) => requestFrame({ code: 1, body: Buffer.from(body) })),
  );
  socket.send(frames);
  frames.fill(0);
  await world.clock.advance(1);
  assert.deepEqual(
    kept.map((body) => body.toString()),
    ['one', 'two'],
  );
});

test('stopping lets requests under way finish and sends their answers', async () => {
  const world = new World({ latencyMs: { min: 2, max: 2 } });
  const server = await world.server();
  server.handle(1, () => new Promise((resolve) => world.clock.setTimeout(() => resolve({ code: 0 }), 500)));
  const socket = await world.socket();
  socket.send(requestFrame({ code: 1, opaque: 9 }));
  await world.clock.advance(10);
  const start = world.clock.monotonicMs();
  await world.run(server.stop());
  assert.ok(world.clock.monotonicMs() - start < 1500);
  await world.clock.advance(10);
  assert.equal(socket.frames()[0]!.opaque, 9);
  assert.equal(socket.closed, true);
  const refused = world.network.host('10.0.0.2').connect({ host: '10.0.0.1', port: 10911, timeoutMs: 10 });
  await assert.rejects(world.run(refused), { code: 'ECONNREFUSED' });
});

test('an answer too large for a frame becomes an error answer', async () => {
  const world = new World();
  const server = await world.server({ limits: { frameMaxBytes: 100_000 } });
  server.handle(1, () => ({ code: 0, body: Buffer.alloc(100_000) }));
  const socket = await world.socket();
  socket.send(requestFrame({ code: 1 }));
  await world.clock.advance(1);
  const [answer] = socket.frames();
  assert.equal(answer!.code, ResponseCode.SYSTEM_ERROR);
  assert.match(answer!.remark!, /100000 bytes/);
});
