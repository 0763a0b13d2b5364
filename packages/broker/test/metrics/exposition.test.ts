import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SimClock } from '@rocketmq-ts/platform/sim';
import { Exposition } from '../../src/metrics/exposition.ts';
import { figuresOf } from './figures.ts';

test('what is not known has no line, and a family without figures no words', () => {
  const out = new Exposition(new SimClock(), 10);
  const some = out.family('some', 'Words', ['a', 'b']);
  out.family('none', 'Words').add([], undefined);
  some.add(['x', 1], 0);
  some.add(['y', 2], Number.NaN);
  some.add(['z', 3], Number.POSITIVE_INFINITY);
  assert.equal(
    out.text().split('# HELP rocketmq_ts_metrics_dropped')[0],
    '# HELP some Words\n# TYPE some gauge\nsome{a="x",b="1"} 0\n',
  );
});

test('labels are escaped', () => {
  const out = new Exposition(new SimClock(), 10);
  out.family('odd', 'Words', ['a']).add(['"\\\n}'], 1);
  assert.equal(figuresOf(out.text()).get('odd{a="\\"\\\\\\n}"}'), 1);
});

test('figures beyond the bound are counted and not written', () => {
  const out = new Exposition(new SimClock(), 3);
  const family = out.family('many', 'Words', ['a']);
  for (let i = 0; i < 5; i++) family.add([i], i);
  const figures = figuresOf(out.text());
  assert.equal(figures.size, 4);
  assert.equal(figures.get('rocketmq_ts_metrics_dropped'), 2);
});

test('other work gets its turn', () => {
  const out = new Exposition(new SimClock(), 10_000);
  const family = out.family('many', 'Words', ['a']);
  let breaths = 0;
  for (let i = 0; i < 5_000; i++) {
    family.add([i], i);
    if (out.breathe() !== undefined) breaths++;
  }
  assert.equal(breaths, 20);
});
