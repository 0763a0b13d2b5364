/**
 * Asks an HTTP address server for the name servers (`http://<domain>:8080/rocketmq/<group>` answers `host:port;host:port`).
 * Behaviour from RocketMQ's TopAddressing.
 */
import type { Network } from '@rocketmq-ts/platform';

const TIMEOUT_MS = 3_000;
const MAX_ANSWER_BYTES = 65_536;

/** Resolves to the answer's text. Rejects when the server cannot be reached or does not answer 200. */
export async function askAddressServer(network: Network, domain: string, group: string): Promise<string> {
  const [host = domain, port = '8080'] = domain.split(':');
  const stream = await network.connect({ host, port: Number(port), timeoutMs: TIMEOUT_MS });
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
        if (error === undefined) resolve(Buffer.concat(chunks).toString('utf8'));
        else reject(error);
      },
    });
    const lines = [`GET /rocketmq/${group} HTTP/1.0`, `Host: ${domain}`, 'Connection: close', '', ''];
    stream.write([Buffer.from(lines.join('\r\n'))]);
  });
  const [head = '', ...body] = answer.split(/\r?\n\r?\n/);
  if (!/^HTTP\/1\.\d 200 /.test(head)) {
    throw new Error(`the address server ${domain} answered ${JSON.stringify(head.split('\n')[0] ?? '')}`);
  }
  return body.join('\n').trim().split(/\s/)[0] ?? '';
}
