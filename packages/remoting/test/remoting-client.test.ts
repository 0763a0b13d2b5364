import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeCommand, type HeaderView, LanguageCode } from '@rocketmq-ts/protocol';
import type { CallListener, Connection } from '../src/index.ts';
import { RemotingError, RemotingTooMuchRequestError } from '../src/index.ts';
import { ADDRESS, CLIENT, requestFrame, SERVER, World } from './support/world.ts';

class Outcome implements CallListener {
  opaque: number | undefined;
  body: string | undefined;
  error: Error | undefined;
  count = 0;

  onResponse(view: HeaderView, buffer: Buffer, bodyStart: number, bodyEnd: number): void {
    this.count++;
    this.opaque = view.opaque;
    this.body = buffer.toString('utf8', bodyStart, bodyEnd);
  }

  onError(error: Error): void {
    this.count++;
    this.error = error;
  }
}

test('calls to one address share one connection, made when first needed', async () => {
  const world = new World({ latencyMs: { min: 5, max: 5 } });
  const server = await world.server();
  server.handle(1, (request) => ({ code: 0, ext: { number: request.ext.get('number') } }));
  const client = world.client();
  const calls = [1, 2, 3].map((number) => client.invoke(ADDRESS, { code: 1, ext: { number } }, 3000));
  const answers = await world.run(Promise.all(calls));
  assert.deepEqual(
    answers.map((answer) => answer.ext.get('number')),
    ['1', '2', '3'],
  );
  assert.equal(server.connectionCount, 1);
  const again = await world.run(client.invoke(ADDRESS, { code: 99 }, 3000));
  assert.equal(again.code, 3);
  assert.equal(server.connectionCount, 1);
});

test('what a request says of its sender: language, version, serialize type', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, ({ language, version, serializeType, remark }) => ({
    code: 0,
    remark: `${language} ${version} ${serializeType} ${remark}`,
  }));
  const plain = world.client();
  const binary = world.client({ serializeType: 1, language: LanguageCode.JAVA });
  const command = { code: 1, remark: 'hi' };
  assert.equal((await world.run(plain.invoke(ADDRESS, command, 3000))).remark, '7 293 0 hi');
  assert.equal((await world.run(binary.invoke(ADDRESS, command, 3000))).remark, '0 293 1 hi');
});

test('an unanswered call fails in time, its late answer is dropped, the connection stays', async () => {
  const world = new World();
  const server = await world.server();
  const late: Connection[] = [];
  server.handle(1, (request, connection) => {
    late.push(connection);
    world.clock.setTimeout(() => connection.respond(request.opaque, 0, { code: 0, remark: 'late' }), 1000);
    return undefined;
  });
  server.handle(2, () => ({ code: 0 }));
  const client = world.client();
  const start = world.clock.monotonicMs();
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 500)), {
    name: 'RemotingTimeoutError',
    code: 'REMOTING_TIMEOUT',
    retriable: true,
    message: /UNKNOWN \(1\) to 10\.0\.0\.1:10911 was not answered within 500 ms/,
  });
  const took = world.clock.monotonicMs() - start;
  assert.ok(took >= 500 && took <= 520, `${took} ms`);
  await world.clock.advance(1000);
  assert.equal((await world.run(client.invoke(ADDRESS, { code: 2 }, 500))).code, 0);
  assert.equal(late[0]!.closed, false);
});

test('closeConnectionOnTimeout drops the connection of an unanswered call', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => undefined);
  const client = world.client({ closeConnectionOnTimeout: true });
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 100)), { code: 'REMOTING_TIMEOUT' });
  assert.equal(client.connection(ADDRESS), undefined);
});

test('a refused address fails with its name and cause, then at once until the back-off is over', async () => {
  const world = new World({ latencyMs: { min: 10, max: 10 } });
  const client = world.client({ limits: { reconnectBackoffMs: 50, reconnectBackoffMaxMs: 1000 } });
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 3000)), {
    name: 'RemotingConnectError',
    code: 'REMOTING_CONNECT',
    retriable: true,
    message: /connect to 10\.0\.0\.1:10911 failed: connect ECONNREFUSED/,
  });
  const before = world.clock.monotonicMs();
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 3000)), /the next is made in \d+ ms/);
  assert.equal(world.clock.monotonicMs(), before, 'no time is spent on a dead address');
  const server = await world.server();
  server.handle(1, () => ({ code: 0 }));
  await world.clock.advance(60);
  assert.equal((await world.run(client.invoke(ADDRESS, { code: 1 }, 3000))).code, 0);
});

test('the back-off grows to its maximum', async () => {
  const world = new World();
  const client = world.client({ limits: { reconnectBackoffMs: 50, reconnectBackoffMaxMs: 400 } });
  const attempts: number[] = [];
  for (let ms = 0; ms < 3000; ms += 10) {
    try {
      await world.run(client.connect(ADDRESS));
    } catch (error) {
      if (/failed: connect/.test((error as Error).message)) attempts.push(world.clock.monotonicMs());
    }
    await world.clock.advance(10);
  }
  const gaps = attempts.slice(1).map((at, i) => at - attempts[i]!);
  assert.deepEqual(gaps.slice(0, 5), [50, 100, 200, 400, 400]);
});

test('a broken connection fails what was under way and is made anew by the next call', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => undefined);
  server.handle(2, () => ({ code: 0 }));
  const closed: string[] = [];
  const client = world.client({ onClose: (connection) => closed.push(connection.remoteAddress) });
  const pending = client.invoke(ADDRESS, { code: 1 }, 3000);
  pending.catch(() => {});
  await world.clock.advance(5);
  world.network.reset(CLIENT, SERVER);
  await assert.rejects(world.run(pending), (error: RemotingError) => {
    assert.equal(error.name, 'RemotingSendRequestError');
    assert.equal(error.retriable, true);
    assert.match(
      error.message,
      /the connection to 10\.0\.0\.1:10911 closed before it answered .*wants encryption/,
    );
    assert.equal((error.cause as RemotingError).code, 'ECONNRESET');
    return true;
  });
  assert.deepEqual(closed, [ADDRESS]);
  assert.equal((await world.run(client.invoke(ADDRESS, { code: 2 }, 3000))).code, 0);
  const again = client.invoke(ADDRESS, { code: 1 }, 3000);
  again.catch(() => {});
  await world.clock.advance(5);
  world.network.reset(CLIENT, SERVER);
  // One that has answered before is no server of another kind.
  await assert.rejects(world.run(again), { message: /closed before it answered [A-Z_]+ \(1\)$/ });
});

test('connecting counts towards the time of a call', async () => {
  const world = new World({ latencyMs: { min: 300, max: 300 } });
  await world.server();
  const client = world.client();
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 500)), {
    code: 'REMOTING_TIMEOUT',
    message: /connecting took all of its 500 ms/,
  });
});

test('an address that is none is refused', async () => {
  const client = new World().client();
  for (const address of ['', 'host', 'host:', ':9876', 'host:0', 'host:70000', 'host:12x']) {
    await assert.rejects(client.invoke(address, { code: 1 }, 100), /is no address: expected host:port/);
  }
});

test('a signal ends a call with its reason, before, while connecting and while waiting', async () => {
  const world = new World({ latencyMs: { min: 10, max: 10 } });
  const server = await world.server();
  server.handle(1, () => undefined);
  const client = world.client();
  const reason = new Error('enough');
  await assert.rejects(client.invoke(ADDRESS, { code: 1 }, 3000, AbortSignal.abort(reason)), reason);
  for (const waitMs of [5, 15]) {
    const controller = new AbortController();
    world.clock.setTimeout(() => controller.abort(reason), waitMs);
    await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 3000, controller.signal)), reason);
    await world.clock.advance(100);
  }
  assert.equal(client.connection(ADDRESS)!.callsInFlight, 0);
});

test('permits bound calls under way and one-way requests not yet sent', async () => {
  const world = new World({ windowBytes: 1000 });
  const server = await world.server();
  const answers: (() => void)[] = [];
  server.handle(1, () => new Promise((resolve) => answers.push(() => resolve({ code: 0 }))));
  const client = world.client({ limits: { asyncPermits: 2, onewayPermits: 3 } });
  await world.run(client.connect(ADDRESS));
  const calls = [1, 2].map(() => client.invoke(ADDRESS, { code: 1 }, 3000));
  await assert.rejects(client.invoke(ADDRESS, { code: 1 }, 3000), RemotingTooMuchRequestError);
  await world.clock.advance(1);
  for (const answer of answers.splice(0)) answer();
  await world.run(Promise.all(calls));
  const more = client.invoke(ADDRESS, { code: 1 }, 3000);
  await world.clock.advance(1);
  answers[0]!();
  await world.run(more);

  for (let i = 0; i < 3; i++) await client.oneway(ADDRESS, { code: 5 });
  await assert.rejects(client.oneway(ADDRESS, { code: 5 }), {
    code: 'REMOTING_TOO_MUCH_REQUEST',
    message: /3 one-way requests are still to be sent/,
  });
  await world.clock.advance(1);
  await client.oneway(ADDRESS, { code: 5 });
});

test('a server asks its clients; unknown codes are answered 3; one-way requests arrive', async () => {
  const world = new World();
  let connection: Connection | undefined;
  await world.server({
    onConnect: (opened) => {
      connection = opened;
    },
  });
  const client = world.client();
  const notified: string[] = [];
  client.handle(40, (request) => {
    notified.push(`${request.ext.get('consumerGroup')} ${request.oneway}`);
    return undefined;
  });
  client.handle(307, async (request) => ({
    code: 0,
    body: Buffer.from(`info of ${request.ext.get('clientId')}`),
  }));
  await world.run(client.connect(ADDRESS));
  connection!.oneway({ code: 40, ext: { consumerGroup: 'CG1' } });
  const info = await world.run(connection!.invoke({ code: 307, ext: { clientId: 'c@1' } }, 3000));
  assert.equal(info.body!.toString(), 'info of c@1');
  const unknown = await world.run(connection!.invoke({ code: 221 }, 3000));
  assert.equal(unknown.code, 3);
  assert.equal(unknown.remark, ' request type 221 not supported');
  assert.deepEqual(notified, ['CG1 true']);
});

test('both directions use the same opaque without mixing answers up', async () => {
  const world = new World();
  let connection: Connection | undefined;
  const server = await world.server({
    onConnect: (opened) => {
      connection = opened;
    },
  });
  server.handle(1, () => ({ code: 0, remark: 'from the server' }));
  const client = world.client();
  client.handle(2, () => ({ code: 0, remark: 'from the client' }));
  await world.run(client.connect(ADDRESS));
  const [a, b] = await world.run(
    Promise.all([client.invoke(ADDRESS, { code: 1 }, 100), connection!.invoke({ code: 2 }, 100)]),
  );
  assert.equal(a.opaque, b.opaque);
  assert.equal(a.remark, 'from the server');
  assert.equal(b.remark, 'from the client');
});

test('requests of one turn leave in one write', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => ({ code: 0 }));
  const client = world.client();
  const burst = () => Promise.all(Array.from({ length: 50 }, () => client.invoke(ADDRESS, { code: 1 }, 100)));
  // The memory to encode into grows with the first bursts.
  for (let i = 0; i < 4; i++) await world.run(burst());
  const [accepted] = server.connections;
  let chunks = 0;
  const onData = accepted!.onFrame.bind(accepted);
  const seen = new Set<Buffer>();
  accepted!.onFrame = (buffer, start, end, owned) => {
    if (!seen.has(buffer)) chunks++;
    seen.add(buffer);
    onData(buffer, start, end, owned);
  };
  await world.run(burst());
  assert.equal(chunks, 1);
});

test('a caller may encode his requests himself, with a promise or a listener', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, ({ body }) => ({ code: 0, body: Buffer.from(`<${body}>`) }));
  server.handle(2, () => undefined);
  const client = world.client();
  const write =
    (code: number, body: string) =>
    (output: { buffer: Buffer; reserve(n: number): number; commit(n: number): void }, opaque: number) => {
      const frame = requestFrame({ code, opaque, body: Buffer.from(body) });
      const position = output.reserve(frame.length);
      frame.copy(output.buffer, position);
      output.commit(position + frame.length);
    };
  const answer = await world.run(client.invokeEncoded(ADDRESS, write(1, 'a'), 3000));
  assert.equal(answer.body!.toString(), '<a>');
  const [good, timed, broken] = [new Outcome(), new Outcome(), new Outcome()];
  client.callEncoded(ADDRESS, write(1, 'b'), 3000, good);
  client.callEncoded(ADDRESS, write(2, 'c'), 50, timed);
  client.callEncoded(
    ADDRESS,
    () => {
      throw new Error('cannot encode');
    },
    3000,
    broken,
  );
  assert.match(broken.error!.message, /cannot encode/);
  await world.clock.advance(100);
  assert.equal(good.body, '<b>');
  assert.equal((timed.error as RemotingError).code, 'REMOTING_TIMEOUT');
  assert.deepEqual([good.count, timed.count, broken.count], [1, 1, 1]);
});

test('an answer that cannot be read closes the connection and fails what was under way', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, (_request, connection) => {
    const bytes = Buffer.from('garbage!');
    const position = connection.output.reserve(8);
    bytes.copy(connection.output.buffer, position);
    connection.output.commit(position + 8);
    return undefined;
  });
  const client = world.client();
  await assert.rejects(world.run(client.invoke(ADDRESS, { code: 1 }, 3000)), (error: RemotingError) => {
    assert.equal(error.code, 'REMOTING_SEND_REQUEST');
    assert.equal((error.cause as RemotingError).code, 'REMOTING_BAD_FRAME');
    return true;
  });
});

test('closing waits for calls under way up to its time, then fails them; later calls are refused', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => new Promise((resolve) => world.clock.setTimeout(() => resolve({ code: 0 }), 200)));
  server.handle(2, () => undefined);
  const client = world.client();
  await world.run(client.connect(ADDRESS));
  const quick = client.invoke(ADDRESS, { code: 1 }, 3000);
  const never = client.invoke(ADDRESS, { code: 2 }, 30_000);
  never.catch(() => {});
  const start = world.clock.monotonicMs();
  await world.run(client.close(1000));
  assert.equal((await quick).code, 0);
  await assert.rejects(never, RemotingError);
  assert.ok(world.clock.monotonicMs() - start >= 1000);
  await assert.rejects(client.invoke(ADDRESS, { code: 1 }, 100), {
    code: 'REMOTING_CLOSED',
    retriable: false,
  });
  await world.clock.advance(100);
  assert.equal(server.connectionCount, 0);
});

test('closing while connecting leaves no connection behind', async () => {
  const world = new World({ latencyMs: { min: 50, max: 50 } });
  const server = await world.server();
  const client = world.client();
  const call = client.invoke(ADDRESS, { code: 1 }, 3000);
  call.catch(() => {});
  await world.run(client.close());
  await assert.rejects(world.run(call), { code: 'REMOTING_CLOSED' });
  await world.clock.advance(500);
  assert.equal(server.connectionCount, 0);
});

test('closeConnection drops one connection; the next call makes another', async () => {
  const world = new World();
  const server = await world.server();
  server.handle(1, () => ({ code: 0 }));
  const client = world.client();
  await world.run(client.invoke(ADDRESS, { code: 1 }, 100));
  const first = client.connection(ADDRESS);
  client.closeConnection(ADDRESS);
  assert.equal(first!.closed, true);
  await world.run(client.invoke(ADDRESS, { code: 1 }, 100));
  assert.notEqual(client.connection(ADDRESS), first);
});

test('an idle connection of a client is closed too', async () => {
  const world = new World();
  await world.server({ limits: { idleTimeoutMs: 0 } });
  const client = world.client();
  await world.run(client.connect(ADDRESS));
  await world.clock.advance(140_000);
  assert.equal(client.connection(ADDRESS), undefined);
});

test('answers and requests of foreign implementations are understood: language names, missing members', async () => {
  const world = new World();
  let connection: Connection | undefined;
  await world.server({
    onConnect: (opened) => {
      connection = opened;
    },
  });
  const client = world.client();
  await world.run(client.connect(ADDRESS));
  const call = client.invoke(ADDRESS, { code: 4711 }, 1000);
  const header = Buffer.from('{"flag":1,"opaque":0,"code":0,"language":"NODE_JS","extra":[1]}');
  const frame = Buffer.concat([Buffer.alloc(8), header]);
  frame.writeInt32BE(4 + header.length, 0);
  frame.writeInt32BE(header.length, 4);
  const position = connection!.output.reserve(frame.length);
  frame.copy(connection!.output.buffer, position);
  connection!.output.commit(position + frame.length);
  const answer = await world.run(call);
  assert.equal(answer.code, 0);
  assert.ok(encodeCommand(answer).length > 0);
});
