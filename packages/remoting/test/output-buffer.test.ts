import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ByteStream } from '@rocketmq-ts/platform';
import { OutputBuffer } from '../src/index.ts';

/** Takes writes; with `full` they stay buffered, by reference, until `drain`. */
class FakeStream {
  full = false;
  bufferedBytes = 0;
  writes = 0;
  #kept: { chunks: Uint8Array[]; onFlushed: (() => void) | undefined }[] = [];
  #text = '';

  write(chunks: readonly Uint8Array[], onFlushed?: () => void): boolean {
    this.writes++;
    this.#kept.push({ chunks: [...chunks], onFlushed });
    if (!this.full) this.drain();
    else this.bufferedBytes = this.#kept.flatMap((kept) => kept.chunks).reduce((sum, c) => sum + c.length, 0);
    return !this.full;
  }

  drain(): void {
    for (const { chunks, onFlushed } of this.#kept.splice(0)) {
      this.#text += Buffer.concat(chunks).toString('latin1');
      onFlushed?.();
    }
    this.bufferedBytes = 0;
  }

  get text(): string {
    this.drain();
    return this.#text;
  }
}

function setUp(): { output: OutputBuffer; stream: FakeStream; flush: () => void; pendings: () => number } {
  let pendings = 0;
  const output = new OutputBuffer({ outputPending: () => pendings++ });
  const stream = new FakeStream();
  return {
    output,
    stream,
    flush: () => output.flushTo(stream as unknown as ByteStream),
    pendings: () => pendings,
  };
}

function put(output: OutputBuffer, text: string): void {
  const position = output.reserve(text.length + 10);
  output.commit(position + output.buffer.write(text, position, 'latin1'));
}

test('what was committed and appended leaves in order, in one write', () => {
  const { output, stream, flush, pendings } = setUp();
  put(output, 'one,');
  output.appendSpan(Buffer.from('short,'), 0, 6);
  const large = Buffer.alloc(5000, 'L');
  output.appendSpan(large, 10, 4990);
  put(output, ',two');
  assert.equal(output.pendingBytes, 4 + 6 + 4980 + 4);
  flush();
  assert.equal(stream.writes, 1);
  assert.equal(stream.text, `one,short,${'L'.repeat(4980)},two`);
  assert.equal(output.pendingBytes, 0);
  assert.equal(pendings(), 1, 'the owner is told once per flush');
  put(output, 'more');
  assert.equal(pendings(), 2);
});

test('memory in the hands of the socket is not written again', () => {
  const { output, stream, flush } = setUp();
  stream.full = true;
  let expected = '';
  for (let i = 0; i < 200; i++) {
    const text = `${String(i).padStart(100, '-')};`;
    put(output, text);
    expected += text;
    if (i % 3 === 0) flush();
    if (i === 120) stream.drain();
  }
  flush();
  assert.equal(stream.text, expected);
});

test('the same memory serves flush after flush while the socket keeps up', () => {
  const { output, stream, flush } = setUp();
  put(output, 'x');
  const memory = output.buffer;
  for (let i = 0; i < 10_000; i++) {
    put(output, 'some answer of a usual length, a little over fifty bytes');
    flush();
  }
  assert.equal(output.buffer, memory);
  assert.ok(stream.text.length > 0);
});

test('spans are released once: small ones at once, large ones when flushed, or when dropped', () => {
  const { output, stream, flush } = setUp();
  const released: string[] = [];
  const large = Buffer.alloc(4096);
  output.appendSpan(large, 0, 100, () => released.push('small'));
  assert.deepEqual(released, ['small']);
  stream.full = true;
  output.appendSpan(large, 0, 4096, () => released.push('large'));
  flush();
  assert.deepEqual(released, ['small']);
  output.appendSpan(large, 0, 4096, () => released.push('dropped'));
  output.discard();
  assert.deepEqual(released, ['small', 'dropped']);
  stream.drain();
  assert.deepEqual(released, ['small', 'dropped', 'large']);
  flush();
  assert.equal(output.pendingBytes, 0);
});

test('memory of an unusually large frame is given back', () => {
  const { output, flush } = setUp();
  const position = output.reserve(1_000_000);
  output.commit(position + 1_000_000);
  assert.ok(output.buffer.length >= 1_000_000);
  flush();
  assert.equal(output.buffer.length, 0);
  put(output, 'x');
  flush();
  output.shrink();
  assert.equal(output.buffer.length, 0);
});
