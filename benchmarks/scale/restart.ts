/**
 * A broker with a log of more than 1 GiB, killed right after the last of its sends was answered: from the start of the next
 * process, how long until it answers a send, and a pull of the last message before the kill.
 */
import { statSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { startOurBroker, startOurNamesrv } from '#interop/ours';
import { killPair, startPair } from '#interop/pair';
import { RawClient } from '#interop/raw-client';
import { FrameTemplate } from '../load/frame-template.ts';
import { sendAll } from '../load/send-all.ts';
import { cpuSeconds, memoryMib } from '../process-usage.ts';

const MESSAGES = 1_000_000;
const BODY_BYTES = 1024;
const TOPIC = 'Restart';
const GET_MAX_OFFSET = 30;
const PULL_MESSAGE = 11;
const SUBSCRIPTION_INLINE = 4;
const GIB = 1024 ** 3;

export async function restart(): Promise<Record<string, number>> {
  const config = { mapedFileSizeCommitLog: GIB, maxMessageSize: 4 * 1024 * 1024 };
  const pair = await startPair(startOurNamesrv, startOurBroker, { config });
  const { port, folder } = pair.broker;
  const template = FrameTemplate.send(TOPIC, 0, BODY_BYTES);
  let { broker } = pair;
  try {
    const fillStartMs = performance.now();
    await sendAll(port, template, MESSAGES);
    const fillMs = performance.now() - fillStartMs;
    await broker.program.kill();
    // The first file is full: the log goes on in the second.
    statSync(join(folder, 'store/commitlog', String(GIB).padStart(20, '0')));
    broker = await startOurBroker({ namesrvAddr: pair.namesrv.address, config, port, folder });
    const bootMs = performance.now() - broker.program.startedAtMs;
    const bootCpuMs = cpuSeconds(broker.program.pid) * 1000;
    await sendAll(port, template, 1);
    const firstSendMs = performance.now() - broker.program.startedAtMs;
    await pullLast(broker.address);
    const firstPullMs = performance.now() - broker.program.startedAtMs;
    return {
      messages: MESSAGES,
      fillSeconds: round(fillMs / 1000),
      bootMs: round(bootMs),
      bootCpuMs: round(bootCpuMs),
      firstSendMs: round(firstSendMs),
      firstPullMs: round(firstPullMs),
      residentMib: round(memoryMib(broker.program.pid).resident),
      loadAverage: round(loadavg()[0] as number),
    };
  } finally {
    await killPair({ ...pair, broker });
  }
}

async function pullLast(address: string): Promise<void> {
  using client = await RawClient.connect(address);
  const { ext } = await client.request(GET_MAX_OFFSET, { topic: TOPIC, queueId: 0 });
  if (ext.offset !== String(MESSAGES + 1)) throw new Error(`the queue ends at ${ext.offset}`);
  const { code, remark, body } = await client.request(PULL_MESSAGE, {
    ...{ consumerGroup: 'Restart', topic: TOPIC, queueId: 0, queueOffset: MESSAGES - 1, maxMsgNums: 1 },
    ...{ sysFlag: SUBSCRIPTION_INLINE, commitOffset: 0, suspendTimeoutMillis: 0, subscription: '*' },
    ...{ subVersion: 0, expressionType: 'TAG' },
  });
  if (code !== 0 || body.length < BODY_BYTES) throw new Error(`the pull was answered ${code}: ${remark}`);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
