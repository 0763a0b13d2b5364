/** docs/configuration.md says of every key what the code says, and of no other key anything. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { configKeys } from '../../src/config/config-keys.ts';
import { testHost } from '../support/host-facts.ts';
import { OBSERVED } from './observed-effects.ts';

interface Row {
  readonly important: boolean;
  readonly defaultText: string;
  readonly unit: string;
  readonly change: string;
  readonly effect: string;
}

function readRows(): Map<string, Row> {
  const document = readFileSync(new URL('../../../../../docs/configuration.md', import.meta.url), 'utf8');
  const rows = new Map<string, Row>();
  for (const line of document.split('\n')) {
    const match = /^\| `(\w+)`( †)? \| (.*?) \| (.*?) \| (.*?) \| (.*) \|$/.exec(line);
    if (match === null) continue;
    const [, name, important, defaultText, unit, change, effect] = match as unknown as string[];
    assert.ok(!rows.has(name!), `${name} is there twice`);
    rows.set(name!, {
      important: important !== undefined,
      defaultText: defaultText!,
      unit: unit!,
      change: change!,
      effect: effect!,
    });
  }
  return rows;
}

const rows = readRows();

test('every key has a row, and every row is a key', () => {
  assert.deepEqual([...rows.keys()].sort(), [...configKeys.keys()].sort());
});

test('marks, units and how a key may change agree with the code', () => {
  for (const [name, key] of configKeys) {
    const row = rows.get(name)!;
    assert.equal(row.important, key.important, name);
    assert.equal(row.unit, key.unit ?? '', name);
    assert.equal(row.change, key.change === 'fixed' ? '' : key.change, name);
  }
});

test('a default in code style is the default of the code', () => {
  let compared = 0;
  for (const [name, key] of configKeys) {
    const match = /^`(.*)`$/.exec(rows.get(name)!.defaultText);
    if (match === null) continue;
    assert.equal(match[1], String(key.defaultOn(testHost)), name);
    compared++;
  }
  assert.ok(compared > 150);
});

test('what does nothing, or is done in another way, is said to be so with a reason', () => {
  for (const [name, key] of configKeys) {
    const { effect } = rows.get(name)!;
    assert.equal(/^Not applicable: ./.test(effect), key.effect === 'none', name);
    assert.equal(/^Mapped: ./.test(effect), key.effect === 'mapped', name);
    assert.ok(effect.length > 5, name);
  }
});

test('every effective key names a test that observes its effect, and the test names the key', () => {
  for (const [name, key] of configKeys) {
    const file = OBSERVED.get(name);
    if (key.effect !== 'effective') continue;
    assert.ok(file !== undefined, `${name}: no test observes it`);
    const text = readFileSync(new URL(`../../../../../${file}`, import.meta.url), 'utf8');
    assert.match(text, new RegExp(`\\b${name}\\b`), `${file} says nothing of ${name}`);
  }
  for (const name of OBSERVED.keys()) assert.equal(configKeys.get(name)?.effect, 'effective', name);
});
