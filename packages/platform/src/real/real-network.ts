/** TCP through `node:net`: no Nagle delay, keep-alive on. */
import net from 'node:net';
import type { ByteStream, ConnectOptions, Listener, Network } from '../network.ts';
import { RealTlsConnector, realTls } from './real-tls.ts';
import { TcpStream } from './tcp-stream.ts';

/** Connections that may wait for `accept`, as RocketMQ asks for. */
const BACKLOG = 1024;

class TcpListener implements Listener {
  readonly host: string;
  readonly port: number;
  readonly #server: net.Server;

  constructor(server: net.Server) {
    this.#server = server;
    const address = server.address() as net.AddressInfo;
    this.host = address.address;
    this.port = address.port;
  }

  close(): Promise<void> {
    // The callback of `server.close` waits for every open stream; the port is free at once.
    this.#server.close();
    return new Promise((resolve) => setImmediate(resolve));
  }
}

export class RealNetwork implements Network {
  readonly tls = realTls;

  listen(
    address: { host: string; port: number },
    onStream: (stream: ByteStream) => void,
    onError: (error: Error) => void = () => {},
  ): Promise<Listener> {
    const server = net.createServer({ noDelay: true, keepAlive: true });
    server.on('connection', (socket) => onStream(new TcpStream(socket)));
    return new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host: address.host, port: address.port, backlog: BACKLOG }, () => {
        server.off('error', reject);
        server.on('error', onError);
        resolve(new TcpListener(server));
      });
    });
  }

  connect(options: ConnectOptions): Promise<ByteStream> {
    return new Promise((resolve, reject) => {
      const secure = options.tls !== undefined;
      const socket = openSocket(options);
      let settled = false;
      const timeOut = (): void => {
        if (settled) return;
        const what = secure ? 'connect with TLS' : 'connect';
        const error = new Error(
          `${what} to ${options.host}:${options.port} did not complete within ${options.timeoutMs} ms`,
        );
        fail(Object.assign(error, { code: 'ETIMEDOUT' }));
      };
      // A process that stood still hears of its timers first: what has arrived meanwhile still counts.
      const timer = setTimeout(() => setImmediate(timeOut), options.timeoutMs);
      const fail = (error: Error): void => {
        settled = true;
        clearTimeout(timer);
        socket.destroy();
        reject(error);
      };
      socket.once('error', fail);
      socket.once(secure ? 'secureConnect' : 'connect', () => {
        settled = true;
        clearTimeout(timer);
        const stream = new TcpStream(socket);
        socket.off('error', fail);
        resolve(stream);
      });
    });
  }
}

function openSocket({ host, port, tls }: ConnectOptions): net.Socket {
  if (tls instanceof RealTlsConnector) return tls.connect(host, port);
  if (tls !== undefined) throw new Error('the TLS connector was not made by this network');
  return net.connect({ host, port, noDelay: true, keepAlive: true });
}
