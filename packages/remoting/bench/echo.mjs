/**
 * CPU of the server process per request, for a raw handler that does nothing but answer.
 *
 *     node packages/remoting/bench/echo.mjs [seconds per case]
 *
 * The server runs in a process of its own and reports its CPU time; the load comes from this process, over plain
 * sockets. Requests look like SEND_MESSAGE_V2 with a body of 128 bytes.
 */
import { fork } from 'node:child_process';
import net from 'node:net';
import { realPlatform } from '@rocketmq-ts/platform';
import { RemotingServer } from '@rocketmq-ts/remoting';

const CODE = 310;
const CASES = [
  { connections: 1, inFlight: 64 },
  { connections: 64, inFlight: 1 },
  { connections: 8, inFlight: 8 },
  { connections: 1, inFlight: 1 },
];

function request(opaque) {
  const header = Buffer.from(
    `{"code":${CODE},"extFields":{"a":"bench_producer","b":"BenchmarkTest","c":"TBW102","d":"4","e":"1","f":"0",` +
      `"g":"1795383917502","h":"0","i":"UNIQ_KEY\\u0001C000020231CD1DBD16A670D093BC0000\\u0002WAIT\\u0001true\\u0002",` +
      `"j":"0","k":"false","m":"false"},"flag":0,"language":"JAVA","opaque":${String(opaque).padStart(8)},` +
      '"serializeTypeCurrentRPC":"JSON","version":293}',
  );
  const frame = Buffer.alloc(8 + header.length + 128, 'x');
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt32BE(header.length, 4);
  header.copy(frame, 8);
  return frame;
}

async function serve() {
  const server = new RemotingServer({ platform: realPlatform(), host: '127.0.0.1', ports: [0] });
  const head = Buffer.from('{"code":0,"flag":1,"language":"JAVA","opaque":');
  const tail = Buffer.from(',"serializeTypeCurrentRPC":"JSON","version":293}');
  let handled = 0;
  server.handleRaw(CODE, (view, _buffer, _bodyStart, _bodyEnd, connection) => {
    handled++;
    const output = connection.output;
    const start = output.reserve(128);
    const buffer = output.buffer;
    let at = start + 8;
    buffer.set(head, at);
    at += head.length;
    at = writeNumber(buffer, at, view.opaque);
    buffer.set(tail, at);
    at += tail.length;
    buffer.writeInt32BE(at - start - 4, start);
    buffer.writeInt32BE(at - start - 8, start + 4);
    output.commit(at);
  });
  await server.start();
  process.on('message', () => process.send({ handled, cpu: process.cpuUsage() }));
  process.send({ port: server.port });
}

function writeNumber(buffer, at, value) {
  if (value === 0) {
    buffer[at] = 48;
    return at + 1;
  }
  let digits = 0;
  for (let v = value; v > 0; v = Math.floor(v / 10)) digits++;
  for (let i = digits - 1, v = value; i >= 0; i--, v = Math.floor(v / 10)) buffer[at + i] = 48 + (v % 10);
  return at + digits;
}

/** Keeps `inFlight` requests under way on one socket; answers are counted by their length fields. */
function startLoad(port, inFlight) {
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const frame = request(1);
  const burst = new Map();
  const send = (count) => {
    let frames = burst.get(count);
    if (frames === undefined) {
      frames = Buffer.concat(new Array(count).fill(frame));
      burst.set(count, frames);
    }
    socket.write(frames);
  };
  let need = 0;
  let prefix = Buffer.alloc(0);
  socket.on('connect', () => send(inFlight));
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    let at = 0;
    let done = 0;
    while (at < chunk.length) {
      if (need > 0) {
        const step = Math.min(need, chunk.length - at);
        need -= step;
        at += step;
        if (need === 0) done++;
        continue;
      }
      const take = Math.min(4 - prefix.length, chunk.length - at);
      prefix = Buffer.concat([prefix, chunk.subarray(at, at + take)]);
      at += take;
      if (prefix.length === 4) {
        need = prefix.readInt32BE(0);
        prefix = Buffer.alloc(0);
      }
    }
    if (done > 0) send(done);
  });
  return socket;
}

async function run(seconds) {
  for (const { connections, inFlight } of CASES) {
    const child = fork(new URL(import.meta.url), ['--serve']);
    const next = () => new Promise((resolve) => child.once('message', resolve));
    const { port } = await next();
    const sockets = Array.from({ length: connections }, () => startLoad(port, inFlight));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    const ask = async () => {
      child.send('report');
      return next();
    };
    const before = await ask();
    const start = performance.now();
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
    const after = await ask();
    const elapsed = (performance.now() - start) / 1000;
    const count = after.handled - before.handled;
    const user = (after.cpu.user - before.cpu.user) / count;
    const system = (after.cpu.system - before.cpu.system) / count;
    console.log(
      `${String(connections).padStart(3)} connections x ${String(inFlight).padStart(2)} in flight: ` +
        `${(user + system).toFixed(2)} us CPU per request (user ${user.toFixed(2)}, system ${system.toFixed(2)}), ` +
        `${Math.round(count / elapsed)} requests/s`,
    );
    for (const socket of sockets) socket.destroy();
    child.kill();
  }
}

if (process.argv[2] === '--serve') await serve();
else await run(Number(process.argv[2] ?? 5));
