/** A server for tests: answers each request code with what the test says, until the test ends. */
import type { TestContext } from 'node:test';
import { realPlatform } from '@rocketmq-ts/platform';
import { type Handler, RemotingServer, type ServerTls } from '@rocketmq-ts/remoting';

/** Resolves to its address. */
export async function fakeServer(
  t: TestContext,
  handlers: Readonly<Record<number, Handler>>,
  tls?: ServerTls,
): Promise<string> {
  const started = new RemotingServer({ platform: realPlatform(), host: '127.0.0.1', ports: [0], tls });
  for (const [code, handler] of Object.entries(handlers)) started.handle(Number(code), handler);
  await started.start();
  t.after(() => started.stop());
  return `127.0.0.1:${started.port}`;
}
