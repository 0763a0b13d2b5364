/** What a driver of test/interop/java that prints through Output.java saw, event by event. */
import type { JavaOptions } from './java.ts';
import { runJavaMain } from './java.ts';

export interface JavaEvent {
  readonly event: string;
  readonly atMs: number;
  /** Of messages: who got it. */
  readonly member: string;
  readonly body: string;
  readonly topic: string;
  readonly queueId: number;
  readonly queueOffset: number;
  readonly reconsumeTimes: number;
  readonly msgId: string;
  readonly storeTimestamp: number;
  readonly properties: Readonly<Record<string, string>>;
  /** What else an event tells. */
  readonly [name: string]: unknown;
}

/** Clients find out about each other, and ask for locks again, soon instead of every 20 s. */
export const QUICK = {
  'rocketmq.client.rebalance.waitInterval': '500',
  'rocketmq.client.unlockDelayTimeMills': '500',
};

/** Runs a driver to its end. */
export async function javaEvents(
  driver: string,
  args: readonly string[],
  options: JavaOptions & { readonly timeoutMs?: number } = {},
): Promise<JavaEvent[]> {
  const lines = await runJavaMain(driver, args, {
    ...options,
    properties: { ...QUICK, ...options.properties },
  });
  return eventsIn(lines);
}

export function eventsIn(lines: readonly string[]): JavaEvent[] {
  return lines.filter((line) => line.startsWith('{')).map((line): JavaEvent => JSON.parse(line));
}

/** The events of one kind, and of one member when it is named. */
export function eventsOf(events: readonly JavaEvent[], event: string, member?: string): JavaEvent[] {
  return events.filter((one) => one.event === event && (member === undefined || one.member === member));
}

export function bodiesOf(events: readonly JavaEvent[]): string[] {
  return events.map(({ body }) => body);
}
