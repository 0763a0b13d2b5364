import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareJavaDouble, parseJavaDouble, parseJavaInt, parseJavaLong } from '../src/java-number.ts';

describe('numbers as Java reads them', () => {
  it('reads Integers: sign, digits of any script, no blanks, 32 bits', () => {
    assert.equal(parseJavaInt('+5'), 5);
    assert.equal(parseJavaInt('-2147483648'), -2147483648);
    assert.equal(parseJavaInt('１２'), 12);
    for (const text of ['', '+', ' 1', '1 ', '2147483648', '1.0', '1e3', '𝟏']) {
      assert.throws(() => parseJavaInt(text), /is not a Integer/, JSON.stringify(text));
    }
  });

  it('reads Longs without loss', () => {
    assert.equal(parseJavaLong('9223372036854775807'), 9223372036854775807n);
    assert.throws(() => parseJavaLong('9223372036854775808'), /is not a Long/);
  });

  it('reads Doubles: blanks dropped, suffixes, names, hexadecimal', () => {
    const cases: ReadonlyArray<readonly [string, number]> = [
      [' 7 ', 7],
      ['1d', 1],
      ['1.5F', 1.5],
      ['5.', 5],
      ['.5', 0.5],
      ['1e400', Infinity],
      ['-Infinity', -Infinity],
      ['NaN', Number.NaN],
      ['0x1p3', 8],
      ['-0x1.8p1', -3],
      ['0x0.0000000000001p-1022', Number.MIN_VALUE],
      ['0x1.fffffffffffffp1023', Number.MAX_VALUE],
      ['0x1.00000000000008p0', 1],
      ['0x1.00000000000018p0', 1.0000000000000004],
    ];
    for (const [text, value] of cases) assert.ok(Object.is(parseJavaDouble(text), value), text);
    for (const text of ['', '.', 'e5', '0x1', 'nan', '1_000', '1l']) {
      assert.throws(() => parseJavaDouble(text), /is not a Double/, JSON.stringify(text));
    }
  });

  it('orders Doubles totally', () => {
    const ascending = [-Infinity, -1, -0, 0, 1, Infinity, Number.NaN];
    for (const [i, left] of ascending.entries()) {
      for (const [j, right] of ascending.entries()) {
        assert.equal(Math.sign(compareJavaDouble(left, right)), Math.sign(i - j), `${left} beside ${right}`);
      }
    }
  });
});
