/**
 * What one send costs the client: CPU time per message with a fixed number of sends in flight.
 *
 *     node packages/client/dist/bench/send.js [messages] [in flight] [body bytes] [trace]
 *
 * The broker is a stub in a process of its own that answers at once, so that only the client is measured; with
 * NAMESRV_ADDR set, a real cluster takes its place. Prints one line per round; the first rounds warm up.
 */
import { fork } from 'node:child_process';
import { Producer } from '@rocketmq-ts/client';

const messages = Number(process.argv[2] ?? 200_000);
const inFlight = Number(process.argv[3] ?? 64);
const bodyBytes = Number(process.argv[4] ?? 128);
/** Whether every message is traced. */
const enableMsgTrace = process.argv[5] === 'trace';
const rounds = 5;

const stub = process.env.NAMESRV_ADDR === undefined ? await startStub() : undefined;
const producer = new Producer({
  producerGroup: 'bench_send',
  namesrvAddr: process.env.NAMESRV_ADDR ?? `127.0.0.1:${stub?.port}`,
  enableMsgTrace,
});
await producer.start();
const body = Buffer.alloc(bodyBytes, 'a');
for (let round = 1; round <= rounds; round++) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  await sendAll();
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const perMessageUs = (used.user + used.system) / messages;
  console.log(
    `round ${round}: ${messages} messages of ${bodyBytes} B, ${inFlight} in flight: ` +
      `${Math.round(messages / seconds)} messages/s, ${perMessageUs.toFixed(2)} us CPU per send`,
  );
}
await producer.shutdown();
if (enableMsgTrace) console.log(`${producer.lostTraces} traces lost`);
stub?.stop();

function sendAll(): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let done = 0;
    const next = (): void => {
      sent++;
      producer.send({ topic: 'BenchSend', tags: 'TagA', body }).then(() => {
        if (++done === messages) resolve();
        else if (sent < messages) next();
      }, reject);
    };
    for (let i = 0; i < Math.min(inFlight, messages); i++) next();
  });
}

async function startStub(): Promise<{ port: number; stop: () => void }> {
  const child = fork(new URL('./stub-broker.js', import.meta.url));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('message', (message) => resolve(message as number));
    child.once('exit', (code) => reject(new Error(`the stub broker ended with code ${code}`)));
  });
  return { port, stop: () => child.disconnect() };
}
