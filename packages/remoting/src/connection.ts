/**
 * One TCP connection, of a server or of a client: both may ask and both answer on it.
 *
 * Invariants:
 * - Everything sent in one turn of the event loop leaves in one write, in TurnPhase.socketFlush.
 * - While more than `outputHighWaterBytes` wait for the peer of a server, nothing more of it is read, not even from a chunk
 *   already here; past `outputMaxBytes` the peer is cut off.
 * - Every call made on it hears exactly one outcome. `onClose` callbacks run once.
 * Behaviour: `NettyRemotingAbstract`.
 */
import { type ByteStream, TurnPhase, type TurnTask } from '@rocketmq-ts/platform';
import {
  CURRENT_VERSION,
  FLAG_ONEWAY,
  FLAG_RESPONSE,
  LanguageCode,
  type RemotingCommand,
  ResponseCode,
} from '@rocketmq-ts/protocol';
import { formatAddress, ipv4ToInt } from './address.ts';
import { CallTable } from './call-table.ts';
import type { CallListener, Command, RequestWriter, Response } from './command.ts';
import type { ConnectionHost } from './connection-host.ts';
import {
  BadFrameError,
  ConnectionLimitError,
  RemotingClosedError,
  RemotingSendRequestError,
  RemotingTooMuchRequestError,
  TlsError,
} from './errors.ts';
import { encodeFrame } from './frame-encoder.ts';
import { FrameReader, type FrameSink } from './frame-reader.ts';
import { OutputBuffer, type OutputOwner } from './output-buffer.ts';
import { type CallOwner, describeCode, PendingCall, PromiseListener } from './pending-call.ts';
import type { Permits } from './permits.ts';
import type { ServerTls } from './tls/server-tls.ts';
import { TlsHandshake } from './tls/tls-handshake.ts';

export class Connection implements FrameSink, OutputOwner, TurnTask, CallOwner {
  readonly id: number;
  /** `ip:port`. */
  readonly remoteAddress: string;
  /** The IPv4 address as an int32; 0 for IPv6. */
  readonly remoteIp: number;
  readonly remotePort: number;
  /** `ip:port`. */
  readonly localAddress: string;
  readonly localPort: number;
  /** Of the peer's latest request. */
  language: number = LanguageCode.JAVA;
  version = 0;
  /** For what others keep per connection. */
  readonly attributes = new Map<symbol, unknown>();
  /** Answers are encoded straight into it and leave at the end of the turn. */
  readonly output: OutputBuffer;
  closed = false;
  /** Whether what goes over it is encrypted. */
  encrypted: boolean;
  /** Requests whose handlers have not finished. Kept by the dispatcher. */
  requestsInFlight = 0;

  readonly #host: ConnectionHost;
  readonly #stream: ByteStream;
  readonly #reader: FrameReader;
  readonly #calls = new CallTable();
  readonly #asyncPermits: Permits;
  readonly #onewayPermits: Permits;
  #onewaysHeld = 0;
  #nextOpaque = 0;
  #closeListeners: ((connection: Connection, reason: Error | undefined) => void)[] = [];
  #flushDeferred = false;
  /** Bytes in the stream's hands after the latest look. */
  #bufferedBytes = 0;
  #paused = false;
  #stalled: Buffer | undefined;
  #active = true;
  /** Anything came from the peer. */
  #heard = false;
  #idleMs = 0;
  #partialSequence = 0;
  #partialMs = 0;
  /** Until the first byte is here. */
  #gate: ServerTls | undefined;
  #handshake: TlsHandshake | undefined;

  constructor(
    host: ConnectionHost,
    stream: ByteStream,
    id: number,
    asyncPermits: Permits,
    onewayPermits: Permits,
  ) {
    this.#host = host;
    this.#stream = stream;
    this.id = id;
    this.remoteAddress = formatAddress(stream.remoteAddress, stream.remotePort);
    this.remoteIp = ipv4ToInt(stream.remoteAddress);
    this.remotePort = stream.remotePort;
    this.localAddress = formatAddress(stream.localAddress, stream.localPort);
    this.localPort = stream.localPort;
    this.#asyncPermits = asyncPermits;
    this.#onewayPermits = onewayPermits;
    this.encrypted = host.clientTls !== undefined;
    this.#gate = host.serverTls;
    this.output = new OutputBuffer(this);
    this.#reader = new FrameReader(this, host.frameMemory, host.limits.frameMaxBytes);
    stream.setHandler({
      onData: (chunk) => this.#onData(chunk),
      onDrain: () => this.#onDrain(),
      onClose: (error) => this.#finish(error),
    });
  }

  /** Calls waiting for the peer's answer. */
  get callsInFlight(): number {
    return this.#calls.size;
  }

  /** Bytes not yet handed to the operating system. */
  get queuedBytes(): number {
    return this.output.pendingBytes + this.#bufferedBytes;
  }

  /** Answers the request `opaque`. Large bodies are not copied. Does nothing on a closed connection. */
  respond(opaque: number, serializeType: number, response: Response): void {
    if (this.closed) return;
    const header = {
      code: response.code,
      language: LanguageCode.JAVA,
      version: CURRENT_VERSION,
      opaque,
      flag: FLAG_RESPONSE,
      remark: response.remark,
      ext: response.ext,
      serializeType,
    };
    const bodyBytes = response.body?.length ?? 0;
    if (bodyBytes > this.#host.limits.frameMaxBytes - 65536) {
      const remark = `the answer has ${bodyBytes} bytes, more than a frame holds (frameMaxBytes)`;
      this.#host.logger.error(remark, { peer: this.remoteAddress });
      encodeFrame(
        this.output,
        { ...header, code: ResponseCode.SYSTEM_ERROR, remark, ext: undefined },
        undefined,
      );
      return;
    }
    try {
      encodeFrame(this.output, header, response.body);
    } catch (error) {
      const remark = `the answer cannot be encoded: ${(error as Error).message}`;
      encodeFrame(
        this.output,
        { ...header, code: ResponseCode.SYSTEM_ERROR, remark, ext: undefined },
        undefined,
      );
    }
  }

  /** Asks the peer. Rejects with a RemotingError, or with the signal's reason. */
  invoke(command: Command, timeoutMs: number, signal?: AbortSignal): Promise<RemotingCommand> {
    const listener = new PromiseListener();
    const opaque = this.call(command, timeoutMs, listener);
    if (signal !== undefined && opaque >= 0) this.#abortOn(signal, opaque, listener);
    return listener.promise;
  }

  /** As `invoke`, for a request the caller encodes himself. */
  invokeEncoded(write: RequestWriter, timeoutMs: number): Promise<RemotingCommand> {
    const listener = new PromiseListener();
    this.callEncoded(write, timeoutMs, listener);
    return listener.promise;
  }

  /** Asks the peer, the outcome going to `listener`; answers the request's opaque, -1 when it was not sent. */
  call(command: Command, timeoutMs: number, listener: CallListener): number {
    const opaque = this.#startCall(command.code, timeoutMs, listener);
    if (opaque < 0) return -1;
    try {
      this.#encodeRequest(command, opaque, 0);
    } catch (error) {
      this.cancelCall(opaque, error as Error);
      return -1;
    }
    return opaque;
  }

  /** As `call`, for a request the caller encodes himself: hot. */
  callEncoded(write: RequestWriter, timeoutMs: number, listener: CallListener): number {
    const opaque = this.#startCall(-1, timeoutMs, listener);
    if (opaque < 0) return -1;
    try {
      write(this.output, opaque);
    } catch (error) {
      this.cancelCall(opaque, error as Error);
      return -1;
    }
    return opaque;
  }

  /** Gives up on a call: its listener hears `error` at once, a late answer is dropped. */
  cancelCall(opaque: number, error: Error): void {
    const call = this.#calls.get(opaque);
    if (call === undefined) return;
    this.#endCall(call);
    call.listener.onError(error);
  }

  /** Sends a request that is not answered. Throws RemotingSendRequestError, RemotingTooMuchRequestError. */
  oneway(command: Command): void {
    if (this.closed) throw this.#closedError(command.code);
    if (!this.#onewayPermits.take()) {
      throw new RemotingTooMuchRequestError(
        `${describeCode(command.code)} to ${this.remoteAddress} not sent: ` +
          `${this.#onewayPermits.limit} one-way requests are still to be sent (onewayPermits)`,
      );
    }
    this.#onewaysHeld++;
    this.#encodeRequest(command, this.#takeOpaque(), FLAG_ONEWAY);
  }

  /** Called with why, or undefined when it was an orderly end. On a closed connection: at once. */
  onClose(listener: (connection: Connection, reason: Error | undefined) => void): void {
    if (this.closed) listener(this, undefined);
    else this.#closeListeners.push(listener);
  }

  /** Drops the connection now; what was not yet sent is lost. */
  close(reason?: Error): void {
    if (this.closed) return;
    this.#finish(reason);
    this.#stream.destroy(reason);
  }

  /** Ends the connection after what it has to send. */
  end(): void {
    if (this.closed) return;
    this.runAtTurnEnd();
    this.#stream.end();
  }

  // ---- FrameSink

  get readable(): boolean {
    return (
      !this.closed && this.output.pendingBytes + this.#bufferedBytes < this.#host.limits.outputHighWaterBytes
    );
  }

  onFrame(buffer: Buffer, start: number, end: number, owned: boolean): void {
    const host = this.#host;
    const frame = host.frame;
    frame.set(buffer, start, end, owned);
    host.dispatcher.scan(frame);
    const view = host.dispatcher.view;
    if ((view.flag & FLAG_RESPONSE) === 0) {
      host.dispatcher.dispatch(frame, this);
      return;
    }
    const call = this.#calls.get(view.opaque);
    // An answer that came too late, or to nothing that was asked.
    if (call === undefined) return;
    this.#endCall(call);
    if (call.listener instanceof PromiseListener) call.listener.onFrame(frame);
    else this.#tell(call, buffer);
  }

  giveWay(error: ConnectionLimitError): void {
    this.#cut(error);
  }

  // ---- OutputOwner, TurnTask

  outputPending(): void {
    if (this.#flushDeferred) return;
    this.#flushDeferred = true;
    this.#host.platform.turn.defer(TurnPhase.socketFlush, this);
  }

  runAtTurnEnd(): void {
    this.#flushDeferred = false;
    if (this.closed) {
      this.output.discard();
      return;
    }
    if (this.output.pendingBytes === 0) return;
    const stream = this.#stream;
    // A turn may produce more than the bounds for a peer that keeps up: only one for which bytes still wait is slow.
    if (stream.bufferedBytes > 0) {
      const error = this.#slowReaderError(stream.bufferedBytes + this.output.pendingBytes);
      if (error !== undefined) {
        this.#cut(error);
        return;
      }
    }
    this.#active = true;
    this.output.flushTo(stream);
    this.#afterOutput();
  }

  // ---- CallOwner

  callExpired(call: PendingCall): void {
    this.#endCall(call);
    call.listener.onError(call.timeoutError());
    this.#host.callTimedOut?.(this);
  }

  /** Called by the host every `periodMs`: closes an idle connection, and one whose frame does not come to its end. */
  sweep(periodMs: number): void {
    const limits = this.#host.limits;
    this.#idleMs = this.#active ? 0 : this.#idleMs + periodMs;
    this.#active = false;
    if (this.#idleMs > 0) this.output.shrink();
    if (limits.idleTimeoutMs > 0 && this.#idleMs >= limits.idleTimeoutMs) {
      this.close(
        new ConnectionLimitError('REMOTING_IDLE', `${this.remoteAddress} was idle for ${this.#idleMs} ms`),
      );
      return;
    }
    if (!this.#reader.hasPartial || this.#reader.partialSequence !== this.#partialSequence) {
      this.#partialSequence = this.#reader.partialSequence;
      this.#partialMs = 0;
    } else this.#partialMs += periodMs;
    if (this.#partialMs >= limits.partialFrameTimeoutMs) {
      const message = `a frame from ${this.remoteAddress} was not complete after ${this.#partialMs} ms`;
      this.#cut(new ConnectionLimitError('REMOTING_HALF_SENT_FRAME', message));
      return;
    }
    if (this.#paused) this.#afterOutput();
  }

  #onData(chunk: Buffer): void {
    this.#active = true;
    this.#heard = true;
    if (this.#gate !== undefined && !this.#isPlain(this.#gate, chunk)) return;
    if (this.#stalled !== undefined) this.#stalled = Buffer.concat([this.#stalled, chunk]);
    else this.#read(chunk);
  }

  /** Looks at the first chunk. False when it is not for this connection to read. */
  #isPlain(gate: ServerTls, chunk: Buffer): boolean {
    this.#gate = undefined;
    const isHandshake = gate.isHandshake(chunk[0]);
    const refusal = gate.refusal(isHandshake);
    if (refusal !== undefined) {
      this.#cut(refusal);
      return false;
    }
    if (!isHandshake) return true;
    const { frameMemory, wheel } = this.#host;
    const handshake = new TlsHandshake(frameMemory, this, gate.handshakeTimeoutMs, this.remoteAddress);
    this.#handshake = handshake;
    wheel.add(handshake, gate.handshakeTimeoutMs);
    this.encrypted = true;
    gate.acceptor.secure(this.#stream, chunk, (error) => {
      this.#endHandshake();
      if (error === undefined) return;
      const message = `the TLS handshake of ${this.remoteAddress} failed: ${error.message.trim()}`;
      this.#cut(new TlsError('TLS_HANDSHAKE', message, error));
    });
    return false;
  }

  #endHandshake(): void {
    if (this.#handshake === undefined) return;
    this.#host.wheel.remove(this.#handshake);
    this.#handshake.release();
    this.#handshake = undefined;
  }

  #onDrain(): void {
    this.#active = true;
    this.#afterOutput();
  }

  #read(chunk: Buffer): void {
    let at = 0;
    try {
      at = this.#reader.read(chunk, 0);
    } catch (error) {
      if (error instanceof BadFrameError) this.#cut(error);
      else this.#cut(new BadFrameError(`a frame from ${this.remoteAddress} could not be handled`, error));
      return;
    }
    if (this.closed) return;
    if (at < chunk.length) this.#stalled = Buffer.from(chunk.subarray(at));
    if (!this.#paused && !this.readable) {
      this.#paused = true;
      this.#stream.pause();
    }
  }

  #afterOutput(): void {
    this.#setBuffered(this.#stream.bufferedBytes);
    if (this.#bufferedBytes === 0 && this.#onewaysHeld > 0 && this.output.pendingBytes === 0) {
      this.#onewayPermits.release(this.#onewaysHeld);
      this.#onewaysHeld = 0;
    }
    if (!this.#paused || this.queuedBytes > this.#host.limits.outputHighWaterBytes / 2) return;
    const stalled = this.#stalled;
    if (stalled !== undefined) {
      this.#stalled = undefined;
      this.#read(stalled);
      if (this.closed || this.#stalled !== undefined || !this.readable) return;
    }
    this.#paused = false;
    this.#stream.resume();
  }

  #setBuffered(bytes: number): void {
    this.#host.outputHeldBytes += bytes - this.#bufferedBytes;
    this.#bufferedBytes = bytes;
  }

  #slowReaderError(waitingBytes: number): ConnectionLimitError | undefined {
    const { outputMaxBytes, outputTotalMaxBytes } = this.#host.limits;
    const heldBytes = this.#host.outputHeldBytes;
    let bound: string;
    if (waitingBytes > outputMaxBytes) bound = `outputMaxBytes is ${outputMaxBytes}`;
    else if (heldBytes > outputTotalMaxBytes) {
      bound = `${heldBytes} for all such peers, outputTotalMaxBytes is ${outputTotalMaxBytes}`;
    } else return undefined;
    const message = `${this.remoteAddress} does not read: ${waitingBytes} bytes wait for it, ${bound}`;
    return new ConnectionLimitError('REMOTING_SLOW_READER', message);
  }

  #startCall(code: number, timeoutMs: number, listener: CallListener): number {
    if (this.closed) {
      listener.onError(this.#closedError(code));
      return -1;
    }
    if (!this.#asyncPermits.take()) {
      listener.onError(
        new RemotingTooMuchRequestError(
          `${describeCode(code)} to ${this.remoteAddress} not sent: ` +
            `${this.#asyncPermits.limit} requests wait for their answers (asyncPermits)`,
        ),
      );
      return -1;
    }
    const opaque = this.#takeOpaque();
    const call = new PendingCall(this, opaque, code, timeoutMs, listener);
    this.#calls.add(call);
    this.#host.wheel.add(call, timeoutMs);
    return opaque;
  }

  #endCall(call: PendingCall): void {
    this.#calls.delete(call);
    this.#host.wheel.remove(call);
    this.#asyncPermits.release();
  }

  #tell(call: PendingCall, buffer: Buffer): void {
    const host = this.#host;
    try {
      call.listener.onResponse(host.dispatcher.view, buffer, host.frame.bodyStart, host.frame.end);
    } catch (error) {
      host.logger.error(`the listener of ${call.describe()} failed`, { error });
    }
  }

  #takeOpaque(): number {
    const opaque = this.#nextOpaque;
    this.#nextOpaque = (opaque + 1) & 0x7fffffff;
    return opaque;
  }

  #encodeRequest(command: Command, opaque: number, flag: number): void {
    const header = {
      code: command.code,
      language: this.#host.language,
      version: CURRENT_VERSION,
      opaque,
      flag,
      remark: command.remark,
      ext: command.ext,
      serializeType: this.#host.serializeType,
    };
    encodeFrame(this.output, header, command.body);
  }

  #abortOn(signal: AbortSignal, opaque: number, listener: PromiseListener): void {
    const abort = (): void => {
      const reason: unknown = signal.reason;
      this.cancelCall(opaque, reason instanceof Error ? reason : new Error(String(reason)));
    };
    if (signal.aborted) {
      abort();
      return;
    }
    signal.addEventListener('abort', abort, { once: true });
    const forget = (): void => signal.removeEventListener('abort', abort);
    listener.promise.then(forget, forget);
  }

  #closedError(code: number): RemotingSendRequestError {
    return new RemotingSendRequestError(
      `${describeCode(code)} to ${this.remoteAddress} not sent: the connection is closed`,
    );
  }

  /** Closes because of what the peer did, or did not do. */
  #cut(error: Error): void {
    if (this.closed) return;
    this.#host.peerLog.warn('connection closed', { peer: this.remoteAddress, error });
    this.close(error);
  }

  /** Servers that want encryption close a plain connection without a word. */
  #hint(): string {
    if (this.encrypted || this.#heard) return '';
    return ', without a word: is it another kind of server, or one that wants encryption (tls.enable)?';
  }

  #finish(reason: Error | undefined): void {
    if (this.closed) return;
    this.closed = true;
    this.#endHandshake();
    this.#reader.discard();
    this.#stalled = undefined;
    this.#setBuffered(0);
    this.output.discard();
    this.#onewayPermits.release(this.#onewaysHeld);
    this.#onewaysHeld = 0;
    const calls = this.#calls.values();
    for (const call of calls) {
      this.#endCall(call);
      call.listener.onError(
        reason instanceof RemotingClosedError
          ? reason
          : new RemotingSendRequestError(
              `the connection to ${this.remoteAddress} closed before it answered ${describeCode(call.code)}${this.#hint()}`,
              reason,
            ),
      );
    }
    const listeners = this.#closeListeners;
    this.#closeListeners = [];
    for (const listener of listeners) listener(this, reason);
    this.#host.connectionClosed(this, reason);
  }
}
