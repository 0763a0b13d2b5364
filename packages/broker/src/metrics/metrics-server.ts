/**
 * Answers `GET /metrics` over HTTP/1.1, one request a connection.
 *
 * Invariants: at most MAX_CONNECTIONS at a time, each with REQUEST_MS to say what it wants in at most MAX_HEAD_BYTES; nothing
 * a client sends is kept longer. Bodies are not read.
 */
import type { ByteStream, Listener, Logger, Platform } from '@rocketmq-ts/platform';

const MAX_CONNECTIONS = 16;
const MAX_HEAD_BYTES = 8_192;
/** For the request and for taking the answer, each. */
const REQUEST_MS = 10_000;
const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export interface MetricsServerOptions {
  readonly platform: Platform;
  readonly logger: Logger;
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly scrape: () => Promise<string>;
}

export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #streams = new Set<ByteStream>();
  #listener!: Listener;

  private constructor(options: MetricsServerOptions) {
    this.#options = options;
  }

  /** Rejects as the network does when the port is taken. */
  static async start(options: MetricsServerOptions): Promise<MetricsServer> {
    const server = new MetricsServer(options);
    const { platform, host, port, logger } = options;
    server.#listener = await platform.network.listen(
      { host, port },
      (stream) => server.#accept(stream),
      (error) => logger.warn('a scrape could not be accepted', { error }),
    );
    return server;
  }

  get port(): number {
    return this.#listener.port;
  }

  async stop(): Promise<void> {
    await this.#listener.close();
    for (const stream of this.#streams) stream.destroy();
  }

  #accept(stream: ByteStream): void {
    const { clock } = this.#options.platform;
    let head = '';
    let answered = false;
    let timer = clock.setTimeout(() => stream.destroy(), REQUEST_MS);
    stream.setHandler({
      onData: (chunk) => {
        if (answered) return;
        head += chunk.toString('latin1');
        const complete = /\r?\n\r?\n/.test(head);
        if (!complete && head.length <= MAX_HEAD_BYTES) return;
        answered = true;
        timer.cancel();
        timer = clock.setTimeout(() => stream.destroy(), REQUEST_MS);
        void this.#answer(stream, head.length <= MAX_HEAD_BYTES ? head : undefined);
        head = '';
      },
      onDrain() {},
      onClose: () => {
        timer.cancel();
        this.#streams.delete(stream);
      },
    });
    this.#streams.add(stream);
    if (this.#streams.size > MAX_CONNECTIONS) stream.destroy();
  }

  async #answer(stream: ByteStream, head: string | undefined): Promise<void> {
    const [method = '', target = ''] = (head ?? '').split(' ', 2);
    const path = target.split('?', 1)[0];
    if (head === undefined) return respond(stream, '431 Request Header Fields Too Large', 'too large\n');
    if (method !== 'GET' && method !== 'HEAD') return respond(stream, '405 Method Not Allowed', 'GET only\n');
    if (path !== '/metrics') return respond(stream, '404 Not Found', 'metrics are at /metrics\n');
    try {
      const text = await this.#options.scrape();
      respond(stream, '200 OK', text, method === 'HEAD');
    } catch (error) {
      this.#options.logger.error('a scrape failed', { error });
      respond(stream, '500 Internal Server Error', 'the figures could not be collected: see the log\n');
    }
  }
}

function respond(stream: ByteStream, status: string, text: string, headOnly = false): void {
  const body = Buffer.from(text);
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${CONTENT_TYPE}`,
    `Content-Length: ${body.length}`,
    'Connection: close',
    '',
    '',
  ].join('\r\n');
  stream.write(headOnly ? [Buffer.from(head)] : [Buffer.from(head), body]);
  stream.end();
}
