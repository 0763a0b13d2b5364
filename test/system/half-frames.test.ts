/** A sample of `npm run soak half-frames`: fewer connections, and no say about speed. */
import { test } from 'node:test';
import { halfFramesRound } from '../interop/harness/half-frames-round.ts';

test('200 connections that send half a frame and stop', { timeout: 600_000 }, async (t) => {
  t.diagnostic(JSON.stringify(await halfFramesRound(2, 200, { measureMs: 200, standMs: 3_000 })));
});
