/**
 * What comes first on a connection to the replication port: decides whether it is encrypted, plain or refused, as
 * tls.server.mode or haTlsMode says.
 *
 * Invariant: a connection that is refused, or whose handshake or certificate fails, gets not a byte of the log.
 * 4.4.0's replication port is never encrypted.
 */
import type { ByteStream } from '@rocketmq-ts/platform';
import { type ServerTls, TlsError } from '@rocketmq-ts/remoting';

/**
 * To be called with the first bytes. True: the connection is plain, and these are its bytes. False: what is inside comes to the
 * stream's handler later, or `close` has been called or will be.
 */
export function isPlain(
  stream: ByteStream,
  firstBytes: Buffer,
  tls: ServerTls,
  close: (error: Error) => void,
): boolean {
  const isHandshake = tls.isHandshake(firstBytes[0]);
  const refusal = tls.refusal(isHandshake);
  if (refusal !== undefined) close(refusal);
  else if (isHandshake) {
    tls.acceptor.secure(stream, firstBytes, (error) => {
      if (error === undefined) return;
      close(new TlsError('TLS_HANDSHAKE', `the TLS handshake failed: ${error.message.trim()}`, error));
    });
  }
  return refusal === undefined && !isHandshake;
}
