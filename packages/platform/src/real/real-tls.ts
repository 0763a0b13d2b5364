/**
 * TLS through `node:tls`.
 *
 * A `tls.Server` that listens nowhere does the handshakes of accepted sockets: it alone checks client certificates the way
 * Node documents. TLS 1.2 is the oldest version taken. No session is resumed, so that every connection is checked against
 * the certificates trusted when it is made.
 */
import { constants } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import type { ByteStream } from '../network.ts';
import type {
  TlsAcceptor,
  TlsClientOptions,
  TlsConnector,
  TlsIdentity,
  TlsServerOptions,
  TlsSupport,
} from '../tls.ts';
import { createCertificate } from './certificate.ts';
import { TcpStream } from './tcp-stream.ts';

interface Handshake {
  readonly stream: TcpStream;
  succeed(): void;
  /**
   * Tells of it once OpenSSL has returned: whoever hears it destroys the stream, and freeing the socket below a handshake
   * from within that handshake's own callback ends the process with SIGSEGV (seen on Node 20).
   */
  fail(error: Error): void;
}

class RealTlsAcceptor implements TlsAcceptor {
  readonly #options: TlsServerOptions;
  readonly #server: tls.Server;
  /** By the addresses of both ends: what the server tells names only the new socket. */
  readonly #handshakes = new Map<string, Handshake>();

  constructor(options: TlsServerOptions) {
    this.#options = options;
    this.#server = tls.createServer({
      ...contextOptions(options.identity, options.trustedPem),
      requestCert: options.clientCertificates !== 'none',
      rejectUnauthorized: options.clientCertificates === 'require' && options.trustedPem !== undefined,
    });
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      this.#handshakes.get(placeOf(socket))?.fail(error);
    });
  }

  renew(options: Pick<TlsServerOptions, 'identity' | 'trustedPem'>): void {
    this.#server.setSecureContext(contextOptions(options.identity, options.trustedPem));
  }

  secure(stream: ByteStream, firstBytes: Buffer, onDone: (error: Error | undefined) => void): void {
    if (!(stream instanceof TcpStream)) throw new Error('only a stream of the real network can go on as TLS');
    const socket = stream.handOver(firstBytes);
    const place = placeOf(socket);
    const finish = (): boolean => {
      if (this.#handshakes.get(place) !== handshake) return false;
      this.#handshakes.delete(place);
      socket.off('close', closed);
      return true;
    };
    const handshake: Handshake = {
      stream,
      succeed: () => {
        if (finish()) onDone(undefined);
      },
      fail: (error) => {
        if (!finish()) return;
        setImmediate(() => {
          onDone(error);
          stream.abandon();
        });
      },
    };
    const closed = (): void => handshake.fail(new Error('the connection closed during the handshake'));
    this.#handshakes.set(place, handshake);
    socket.on('close', closed);
    this.#server.emit('connection', socket);
  }

  #secured(socket: tls.TLSSocket): void {
    const handshake = this.#handshakes.get(placeOf(socket));
    const error =
      handshake === undefined ? new Error('nobody waits for this handshake') : this.#certificateError(socket);
    if (error !== undefined) {
      handshake?.fail(error);
      socket.destroy();
      return;
    }
    handshake!.stream.adopt(socket);
    handshake!.succeed();
  }

  #certificateError(socket: tls.TLSSocket): Error | undefined {
    const { clientCertificates, trustedPem } = this.#options;
    if (clientCertificates === 'none') return undefined;
    const shown = Object.keys(socket.getPeerCertificate()).length > 0;
    if (!shown) {
      return clientCertificates === 'require' ? new Error('the client showed no certificate') : undefined;
    }
    if (trustedPem === undefined || socket.authorized) return undefined;
    return new Error(
      `the client's certificate is not accepted: ${String(socket.authorizationError ?? 'not verified')}`,
    );
  }
}

function placeOf(socket: net.Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`;
}

function contextOptions(
  identity: TlsIdentity | undefined,
  trustedPem: string | undefined,
): tls.SecureContextOptions {
  return {
    ...(identity && {
      cert: identity.certificatePem,
      key: identity.keyPem,
      ...(identity.keyPassword !== undefined && { passphrase: identity.keyPassword }),
    }),
    ...(trustedPem !== undefined && { ca: trustedPem }),
    minVersion: 'TLSv1.2',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}

export class RealTlsConnector implements TlsConnector {
  readonly options: TlsClientOptions;
  readonly #context: tls.SecureContext;

  constructor(options: TlsClientOptions) {
    this.options = options;
    this.#context = tls.createSecureContext(contextOptions(options.identity, options.trustedPem));
  }

  /** A socket that emits `secureConnect` once the server has been verified. */
  connect(host: string, port: number): tls.TLSSocket {
    const { verify, verifyHostname } = this.options;
    const socket = tls.connect({
      host,
      port,
      secureContext: this.#context,
      rejectUnauthorized: verify,
      ...(net.isIP(host) === 0 && { servername: host }),
      ...((!verify || !verifyHostname) && { checkServerIdentity: () => undefined }),
    });
    socket.setNoDelay(true);
    socket.setKeepAlive(true);
    return socket;
  }
}

export const realTls: TlsSupport = {
  createAcceptor: (options) => new RealTlsAcceptor(options),
  createConnector: (options) => new RealTlsConnector(options),
  createSelfSigned: (names, validFromMs, validUntilMs) =>
    createCertificate({ commonName: names[0] ?? 'localhost', names, validFromMs, validUntilMs }),
};
