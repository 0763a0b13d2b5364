/** Metrics of whole brokers, over real sockets. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { Broker } from '../../src/broker.ts';
import { BrokerConfig } from '../../src/config/broker-config.ts';
import { testHost } from '../support/host-facts.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';
import { figuresOf } from './figures.ts';

async function start(t: TestContext, given: Record<string, string>): Promise<Broker> {
  const folder = temporaryFolder();
  const settings = {
    listenHost: '127.0.0.1',
    listenPort: '0',
    brokerIP1: '127.0.0.1',
    storePathRootDir: join(folder, 'store'),
    mapedFileSizeCommitLog: '1048576',
    maxMessageSize: '65536',
    zeroAheadBytes: '1048576',
    ...given,
  };
  const overrides = new Map(Object.entries(settings));
  const config = BrokerConfig.load({ host: { ...testHost, homeFolder: folder }, overrides });
  const broker = await Broker.start(realPlatform(), config);
  t.after(() => broker.stop());
  return broker;
}

test('metricsEnable, metricsHost, metricsPort: off unless wanted, then where wanted', async (t) => {
  assert.equal((await start(t, {})).metricsUrl, undefined);
  const broker = await start(t, { metricsEnable: 'true', metricsPort: '0' });
  const url = broker.metricsUrl!;
  assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/metrics$/);
  const answer = await fetch(url);
  assert.equal(answer.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  assert.equal(figuresOf(await answer.text()).get('rocketmq_ts_metrics_dropped'), 0);
  const other = await start(t, { metricsEnable: 'true', metricsPort: '0', metricsHost: '127.0.0.2' });
  assert.equal((await fetch(other.metricsUrl!)).status, 200);
  assert.match(other.metricsUrl!, /127\.0\.0\.2/);
});

test('a taken metricsPort stops the start, and the message says so', async (t) => {
  const first = await start(t, { metricsEnable: 'true', metricsPort: '0' });
  const port = new URL(first.metricsUrl!).port;
  await assert.rejects(
    start(t, { metricsEnable: 'true', metricsPort: port }),
    new RegExp(`metricsPort=${port}.*EADDRINUSE.*metricsEnable=false`),
  );
});

test('what is no scrape is refused', async (t) => {
  const url = (await start(t, { metricsEnable: 'true', metricsPort: '0' })).metricsUrl!;
  assert.equal((await fetch(new URL('/', url))).status, 404);
  assert.equal((await fetch(url, { method: 'POST', body: 'x' })).status, 405);
  assert.equal((await fetch(url, { headers: { large: 'x'.repeat(10_000) } })).status, 431);
  const head = await fetch(url, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(await head.text(), '');
});

test('clients that say nothing are bounded in number, and do not keep a broker from stopping', async (t) => {
  const broker = await start(t, { metricsEnable: 'true', metricsPort: '0' });
  const { hostname, port } = new URL(broker.metricsUrl!);
  let closed = 0;
  const sockets = Array.from({ length: 20 }, () => {
    const socket = connect(Number(port), hostname);
    socket.on('error', () => {});
    socket.on('close', () => closed++);
    return socket;
  });
  while (closed < 4) await new Promise((resolve) => setTimeout(resolve, 10));
  sockets.slice(0, 16).forEach((socket) => void socket.destroy());
  while (closed < 20) await new Promise((resolve) => setTimeout(resolve, 10));
  // The broker may hear of the closed ones a moment later.
  const status = () =>
    fetch(broker.metricsUrl!).then(
      (answer) => answer.status,
      () => 0,
    );
  while ((await status()) !== 200) await new Promise((resolve) => setTimeout(resolve, 10));
  await broker.stop();
});
