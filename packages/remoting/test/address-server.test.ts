/** The question for name servers over HTTP, with a server in memory. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock, SimNetwork, SimRandom } from '@rocketmq-ts/platform/sim';
import { addressServerUrl, askAddressServer } from '../src/address-server.ts';

async function ask(
  answer: string,
  domain = '10.0.0.1',
  port = 8080,
  unitName?: string,
): Promise<{ text: string; request: string }> {
  const clock = new SimClock();
  const network = new SimNetwork({ clock, random: new SimRandom(1) });
  let request = '';
  const listening = network.host('10.0.0.1').listen({ host: '10.0.0.1', port }, (stream) =>
    stream.setHandler({
      onData(chunk) {
        request += chunk.toString();
        if (!request.endsWith('\r\n\r\n')) return;
        if (answer === '') return;
        stream.write([Buffer.from(answer)]);
        stream.end();
      },
      onDrain() {},
      onClose() {},
    }),
  );
  await clock.run(listening);
  const text = await clock.run(
    askAddressServer({ network: network.host('10.0.0.2'), clock }, { domain, group: 'nsaddr', unitName }),
  );
  return { text, request };
}

test('the addresses are the text of the answer', async () => {
  const { text, request } = await ask('HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n1.2.3.4:9876;b.c:9876\n');
  assert.equal(text, '1.2.3.4:9876;b.c:9876');
  assert.match(request, /^GET \/rocketmq\/nsaddr HTTP\/1\.0\r\nHost: 10\.0\.0\.1\r\n/);
});

test('a domain may name a port', async () => {
  const { text } = await ask('HTTP/1.0 200 OK\n\n1.2.3.4:9876', '10.0.0.1:80', 80);
  assert.equal(text, '1.2.3.4:9876');
});

test('another answer than 200 is an error that shows it', async () => {
  await assert.rejects(
    ask('HTTP/1.1 404 Not Found\r\n\r\nno'),
    /10\.0\.0\.1 answered "HTTP\/1\.1 404 Not Found/,
  );
});

test('a unit has a list of its own', async () => {
  const { request } = await ask('HTTP/1.0 200 OK\n\n1.2.3.4:9876', '10.0.0.1', 8080, 'hz');
  assert.match(request, /^GET \/rocketmq\/nsaddr-hz\?nofix=1 /);
  assert.equal(
    addressServerUrl({ domain: 'a', group: 'nsaddr', unitName: 'hz' }),
    'http://a:8080/rocketmq/nsaddr-hz?nofix=1',
  );
});

test('a server that says nothing is given up after three seconds', async () => {
  await assert.rejects(ask(''), /did not answer within 3000 ms/);
});
