import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AdminError } from '../../src/admin-error.ts';
import { flag, option, ownOption, required } from '../../src/command-line/command.ts';
import { parseArguments } from '../../src/command-line/parse-arguments.ts';

const specs = [
  flag('h', 'help', 'Print help'),
  option('n', 'namesrvAddr', 'name servers'),
  required('t', 'topic', 'topic'),
  flag('m', 'moreStats', 'more'),
  option('i', 'interval', 'interval'),
  option('s', 'timestamp', 'time'),
  option('b', 'beginTimestamp ', 'begin'),
];

function parse(...args: string[]) {
  return parseArguments(args, specs);
}

test('takes every form that 4.4.0 takes', () => {
  for (const args of [
    ['-t', 'T'],
    ['-tT'],
    ['--topic', 'T'],
    ['--topic=T'],
    ['-topic', 'T'],
    ['-t', ' T '],
    ['-m', '-t', 'T'],
  ]) {
    assert.equal(parse(...args).text('t'), 'T', args.join(' '));
  }
  const together = parse('-mi', '5', '-tT');
  assert.equal(together.has('m'), true);
  assert.equal(together.integer('i', 0), 5);
  assert.equal(parse('-t', 'T', '-b', '7').timestamp('b'), 7);
  assert.equal(parse('-t', 'T', '--beginTimestamp', '7').timestamp('b'), 7);
});

test('takes values that begin with a hyphen unless they are options', () => {
  assert.equal(parse('-t', 'T', '-s', '-1').timestamp('s'), -1);
  assert.throws(() => parse('-t', '-m'), /option -t needs a value/);
});

test('of an option given twice the first counts, as in 4.4.0', () => {
  assert.equal(parse('-t', 'A', '-t', 'B').text('t'), 'A');
});

test('refuses what it does not know', () => {
  const refused = (pattern: RegExp, ...args: string[]) =>
    assert.throws(
      () => parse(...args),
      (error) => error instanceof AdminError && error.code === 'ADMIN_USAGE' && pattern.test(error.message),
    );
  refused(/Missing required option: -t/);
  refused(/Unrecognized option: -x/, '-x');
  refused(/Unrecognized option: --nothing/, '--nothing');
  refused(/"word" belongs to no option/, '-t', 'T', 'word');
  refused(/option -m takes no value/, '-t', 'T', '--moreStats=1');
  refused(/option -t needs a value/, '-t');
});

test('help needs nothing else', () => {
  assert.equal(parse('-h').has('help'), true);
});

test('values of the wrong form are named, with what is allowed', () => {
  assert.throws(
    () => parse('-t', 'T', '-i', 'x').integer('i', 1),
    /option -i must be an integer of at least 0, found "x"/,
  );
  assert.throws(() => parse('-t', 'T', '-i', '9').integer('i', 1, 0, 5), /an integer from 0 to 5, found "9"/);
  assert.throws(() => parse('-t', 'T', '-i', 'maybe').boolean('i', true), /true or false, found "maybe"/);
  assert.throws(() => parse('-t', 'T', '-s', 'soon').timestamp('s'), /"soon" is no time/);
  assert.equal(parse('-t', 'T', '-i', 'TRUE').boolean('i', false), true);
});

test('-o json is the form of the output also where -o is something else', () => {
  const order = option('o', 'order', '');
  const output = ownOption('output', '');
  const help = flag('h', 'help', '');
  const both = parseArguments(['-o', 'json', '-o', 'true'], [order, output, help]);
  assert.equal(both.text('output'), 'json');
  assert.equal(both.boolean('order', false), true);
  assert.equal(parseArguments(['-o', 'true'], [order, output, help]).has('output'), false);
});

test('words without an option are for commands that take some', () => {
  const help = flag('h', 'help', '');
  const topic = option('t', 'topic', '');
  assert.deepEqual(parseArguments(['add', '-t', 'T', 'name'], [help, topic], 2).words, ['add', 'name']);
  assert.throws(
    () => parseArguments(['add', 'name', 'more'], [help, topic], 2),
    /"more" belongs to no option/,
  );
});
