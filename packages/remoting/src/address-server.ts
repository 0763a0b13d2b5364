/**
 * Asks an HTTP address server for the name servers: `http://<domain>:8080/rocketmq/<group>[-<unit>?nofix=1]` answers
 * `host:port;host:port`. Behaviour from RocketMQ's TopAddressing.
 */
import type { Clock, Network } from '@rocketmq-ts/platform';
import { RemotingTimeoutError } from './errors.ts';

const TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 65_536;

export interface AddressServer {
  /** `host` or `host:port`; the port is 8080 if none is given. */
  readonly domain: string;
  /** RocketMQ's default is nsaddr. */
  readonly group: string;
  readonly unitName?: string | undefined;
}

/** As people and logs know it. */
export function addressServerUrl({ domain, group, unitName }: AddressServer): string {
  return `http://${domain.includes(':') ? domain : `${domain}:8080`}${path(group, unitName)}`;
}

/** Resolves to the answer's text. Rejects when the server cannot be reached in 3 s or does not answer 200. */
export async function askAddressServer(
  { network, clock }: { readonly network: Network; readonly clock: Clock },
  server: AddressServer,
): Promise<string> {
  const { domain, group, unitName } = server;
  const [host = domain, port = '8080'] = domain.split(':');
  const stream = await network.connect({ host, port: Number(port), timeoutMs: TIMEOUT_MS });
  const timer = clock.setTimeout(() => {
    stream.destroy(
      new RemotingTimeoutError(`the address server ${domain} did not answer within ${TIMEOUT_MS} ms`),
    );
  }, TIMEOUT_MS);
  const answer = await new Promise<string>((resolve, reject) => {
    const chunks: Buffer[] = [];
    let received = 0;
    stream.setHandler({
      onData(chunk) {
        chunks.push(chunk);
        received += chunk.length;
        if (received > MAX_ANSWER_BYTES) stream.destroy(new Error(`more than ${MAX_ANSWER_BYTES} bytes`));
      },
      onDrain() {},
      onClose(error) {
        timer.cancel();
        if (error === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(error);
      },
    });
    const lines = [`GET ${path(group, unitName)} HTTP/1.0`, `Host: ${domain}`, 'Connection: close', '', ''];
    stream.write([Buffer.from(lines.join('\r\n'))]);
  });
  const [head = '', ...body] = answer.split(/\r?\n\r?\n/);
  if (!/^HTTP\/1\.\d 200 /.test(head)) {
    throw new Error(`the address server ${domain} answered ${JSON.stringify(head.split('\n')[0] ?? '')}`);
  }
  return body.join('\n').trim().split(/\s/)[0] ?? '';
}

function path(group: string, unitName: string | undefined): string {
  return `/rocketmq/${group}${unitName ? `-${unitName}?nofix=1` : ''}`;
}
