/** The official client, through the drivers in test/interop/java: send these messages, consume what is there. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runJavaMain, startJavaMain } from './java.ts';
import type { Program } from './program.ts';
import { temporaryFolder } from './server.ts';

export interface TestMessage {
  readonly body: Buffer;
  readonly flag?: number;
  readonly tags?: string;
  readonly keys?: string;
  readonly properties?: Readonly<Record<string, string>>;
}

export interface SendLine {
  /** Of the message; of the first one of a batch. */
  readonly index: number;
  readonly status: string;
  readonly msgId: string;
  readonly offsetMsgId: string;
  readonly brokerName: string;
  readonly queueId: number;
  readonly queueOffset: number;
}

export interface ConsumedMessage {
  readonly topic: string;
  readonly tags?: string;
  readonly keys?: string;
  readonly flag: number;
  readonly msgId: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly reconsumeTimes: number;
  readonly properties: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

export type SendMode = 'sync' | 'async' | 'oneway' | 'batch' | 'selector';
export type Serialize = 'JSON' | 'ROCKETMQ';

/** Sends all with the official producer; answers its results (none for one-way sends). */
export async function javaSend(
  namesrvAddr: string,
  topic: string,
  messages: readonly TestMessage[],
  mode: SendMode = 'sync',
  serializeType: Serialize = 'JSON',
): Promise<SendLine[]> {
  const file = join(temporaryFolder('messages'), 'messages.jsonl');
  const lines = messages.map((message) =>
    JSON.stringify({ properties: {}, flag: 0, ...message, body: message.body.toString('base64') }),
  );
  writeFileSync(file, lines.join('\n'));
  const output = await runJavaMain('SendFile', [namesrvAddr, topic, mode, file], {
    properties: { 'rocketmq.serialize.type': serializeType },
  });
  return output
    .filter((line) => line.startsWith('{'))
    .map((line): SendLine => JSON.parse(line))
    .sort((a, b) => a.index - b.index);
}

export interface ConsumeOptions {
  readonly namesrvAddr: string;
  readonly group: string;
  readonly topic: string;
  readonly expression?: string;
  /** Ends once this many different messages came, and nothing more for `quietMs`. */
  readonly expected: number;
  readonly quietMs?: number;
  readonly timeoutMs?: number;
  readonly serializeType?: Serialize;
}

/** Consumes with the official push consumer until the expected number is there; answers all it was given. */
export async function javaConsume(options: ConsumeOptions): Promise<ConsumedMessage[]> {
  const program = await startJavaConsumer(options);
  await program.waitForExit(options.timeoutMs ?? 45_000);
  return consumedMessages(program);
}

export async function startJavaConsumer(options: ConsumeOptions): Promise<Program> {
  const { namesrvAddr, group, topic, expression, expected, quietMs } = options;
  const numbers = [String(expected), String(quietMs ?? 300)];
  return startJavaMain('Consume', [namesrvAddr, group, topic, expression ?? '*', ...numbers], {
    properties: { 'rocketmq.serialize.type': options.serializeType ?? 'JSON' },
  });
}

export function consumedMessages(program: Program): ConsumedMessage[] {
  return program.lines
    .filter((line) => line.startsWith('{'))
    .map((line) => {
      const message = JSON.parse(line);
      return { ...message, body: Buffer.from(message.body, 'base64') };
    });
}
