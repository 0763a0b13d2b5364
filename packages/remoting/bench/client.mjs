/**
 * CPU of the client process per call, against a server that only answers.
 *
 *     node packages/remoting/bench/client.mjs [seconds per case]
 *
 * Three ways to ask: a command with a promise, an encoded request with a promise, an encoded request with a listener.
 */
import { fork } from 'node:child_process';
import { realPlatform } from '@rocketmq-ts/platform';
import { RemotingClient, RemotingServer } from '@rocketmq-ts/remoting';

const IN_FLIGHT = 64;
const CODE = 310;
const BODY = Buffer.alloc(128, 'x');
const EXT = {
  a: 'bench_producer',
  b: 'BenchmarkTest',
  c: 'TBW102',
  d: '4',
  e: '1',
  f: '0',
  g: '1795383917502',
  h: '0',
  i: 'UNIQ_KEY\u0001C000020231CD1DBD16A670D093BC0000\u0002WAIT\u0001true\u0002',
  j: '0',
  k: 'false',
  m: 'false',
};
const HEAD = Buffer.from(
  `{"code":${CODE},"extFields":${JSON.stringify(EXT)},"flag":0,"language":"OTHER","opaque":`,
);
const TAIL = Buffer.from(',"serializeTypeCurrentRPC":"JSON","version":293}');

async function serve() {
  const server = new RemotingServer({ platform: realPlatform(), host: '127.0.0.1', ports: [0] });
  server.handleRaw(CODE, (view, _buffer, _start, _end, connection) => {
    connection.respond(view.opaque, view.serializeType, { code: 0 });
  });
  await server.start();
  process.send({ port: server.port });
}

/** What a producer does: a prepared header, the opaque, the body. */
function writeRequest(output, opaque) {
  const start = output.reserve(HEAD.length + TAIL.length + BODY.length + 20);
  const buffer = output.buffer;
  buffer.set(HEAD, start + 8);
  let at = start + 8 + HEAD.length;
  at += buffer.latin1Write(String(opaque), at);
  buffer.set(TAIL, at);
  at += TAIL.length;
  buffer.writeInt32BE(at - start - 8, start + 4);
  buffer.set(BODY, at);
  at += BODY.length;
  buffer.writeInt32BE(at - start - 4, start);
  output.commit(at);
}

const WAYS = {
  'command, promise': (client, address, next) =>
    client.invoke(address, { code: CODE, ext: EXT, body: BODY }, 3000).then(next),
  'encoded, promise': (client, address, next) => client.invokeEncoded(address, writeRequest, 3000).then(next),
  'encoded, listener': (client, address, next) =>
    client.callEncoded(address, writeRequest, 3000, { onResponse: next, onError: next }),
};

async function run(seconds) {
  const child = fork(new URL(import.meta.url), ['--serve']);
  const { port } = await new Promise((resolve) => child.once('message', resolve));
  const address = `127.0.0.1:${port}`;
  for (const [name, ask] of Object.entries(WAYS)) {
    const client = new RemotingClient({ platform: realPlatform() });
    await client.connect(address);
    let calls = 0;
    let stopped = false;
    const next = () => {
      calls++;
      if (!stopped) ask(client, address, next);
    };
    for (let i = 0; i < IN_FLIGHT; i++) ask(client, address, next);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const [callsBefore, cpuBefore, start] = [calls, process.cpuUsage(), performance.now()];
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const cpu = process.cpuUsage(cpuBefore);
    const count = calls - callsBefore;
    const rate = Math.round(count / ((performance.now() - start) / 1000));
    console.log(
      `${name.padEnd(18)} ${((cpu.user + cpu.system) / count).toFixed(2)} us CPU per call, ${rate} calls/s`,
    );
    stopped = true;
    await client.close();
  }
  child.kill();
}

if (process.argv[2] === '--serve') await serve();
else await run(Number(process.argv[2] ?? 4));
