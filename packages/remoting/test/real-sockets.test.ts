import assert from 'node:assert/strict';
import { test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { HeldPorts, RemotingClient, RemotingServer } from '../src/index.ts';

test('many calls with bodies of all sizes over TCP, from several clients at once', async (t) => {
  const platform = realPlatform();
  const server = new RemotingServer({ platform, host: '127.0.0.1', ports: [0] });
  t.after(() => server.stop());
  server.handle(1, ({ body, ext }) => ({ code: 0, ext: { n: ext.get('n') }, body }));
  server.handleRaw(2, (view, buffer, start, end, connection) => {
    const copy = Buffer.from(buffer.subarray(start, end));
    connection.respond(view.opaque, view.serializeType, {
      code: 0,
      ext: { n: view.string(view.find('n')) },
      body: copy,
    });
  });
  await server.start();
  const clients = [0, 1, 0].map((serializeType) => new RemotingClient({ platform, serializeType }));
  const calls: Promise<void>[] = [];
  for (let n = 0; n < 600; n++) {
    const body = Buffer.alloc(n % 50 === 0 ? 3_000_000 : (n * 997) % 20_000, n);
    const call = clients[n % 3]!.invoke(
      `127.0.0.1:${server.port}`,
      { code: 1 + (n % 2), ext: { n }, body },
      120_000,
    );
    calls.push(
      call.then((answer) => {
        assert.equal(answer.ext.get('n'), String(n));
        assert.equal(Buffer.compare(answer.body ?? Buffer.alloc(0), body), 0);
      }),
    );
  }
  await Promise.all(calls);
  assert.equal(server.connectionCount, 3);
  await Promise.all(clients.map((client) => client.close()));
});

test('a base port with its neighbours is found, and held until it is listened on', async (t) => {
  const platform = realPlatform();
  const { base, ports } = await HeldPorts.find(platform, '127.0.0.1', [0, -2, 1]);
  t.after(() => ports.close());
  for (const port of [base, base - 2, base + 1]) {
    const other = platform.network.listen({ host: '127.0.0.1', port }, () => {});
    await assert.rejects(other, { code: 'EADDRINUSE' });
  }
  const server = new RemotingServer({
    platform: { ...platform, network: ports },
    host: '127.0.0.1',
    ports: [base, base - 2, base + 1],
  });
  t.after(() => server.stop());
  server.handle(1, () => ({ code: 0 }));
  await server.start();
  const client = new RemotingClient({ platform });
  t.after(() => client.close(0));
  for (const port of server.ports) {
    assert.equal((await client.invoke(`127.0.0.1:${port}`, { code: 1 }, 60_000)).code, 0);
  }
  assert.deepEqual(server.ports, [base, base - 2, base + 1]);
  const second = new RemotingServer({ platform, host: '127.0.0.1', ports: [0, base + 1] });
  await assert.rejects(second.start(), { code: 'REMOTING_CONNECT', message: /EADDRINUSE/ });
});
