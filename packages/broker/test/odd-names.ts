/** Names that lead out of folders, end strings, mean devices or are simply too much; always the same ones. */
import { SimRandom } from '@rocketmq-ts/platform/sim';

const PIECES = [
  ...[
    '../',
    '..\\',
    './',
    '/',
    '\\',
    '//',
    '....//',
    '..%2f',
    '%2e%2e%2f',
    '%252e',
    '..;/',
    '~',
    '~root/',
    'C:\\',
    '\\\\?\\',
  ],
  ...['\0', '%00', '\n', '\r', '\t', '\b', '\x1b[2J', '\x7f', '\x85', '\u2028'],
  ...[
    '%',
    '%s',
    '%n',
    '%RETRY%',
    '%DLQ%',
    '%%',
    '$HOME',
    '$(id)',
    '`id`',
    '|',
    '||',
    '&',
    ';',
    '*',
    '?',
    '<',
    '>',
    '"',
    "'",
  ],
  ...[
    'CON',
    'PRN',
    'AUX',
    'NUL',
    'COM1',
    'LPT9',
    'nul.txt',
    'CON.',
    '/dev/null',
    '/dev/zero',
    '/proc/self/mem',
  ],
  ...[
    '.',
    '..',
    '...',
    ' ',
    '\u00a0',
    '\ufeff',
    '-',
    '--',
    '-rf',
    '_',
    '@',
    'a@b',
    ':',
    '::$DATA',
    ',',
    '=',
    '#',
    '{',
    '}',
  ],
  ...['é', 'e\u0301', '漢字', '．．／', '\u202e', '\u200d', '\u{1f4a3}', '\ud800', '\udfff', 'ﬀ', 'İ', 'ß'],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    'null',
    'undefined',
    'NaN',
    'true',
    '0',
    '-1',
  ],
  ...[
    'commitlog',
    'consumequeue',
    'index',
    'config',
    'topics.json',
    'abort',
    'checkpoint',
    'lock',
    'passwd',
    'etc',
  ],
  ...['TBW102', 'SCHEDULE_TOPIC_XXXX', 'OFFSET_MOVED_EVENT', 'TopicTest', 'Group', 'x', 'A1'],
];
const LENGTHS = [126, 127, 128, 247, 248, 255, 256, 1_000, 32_767, 40_000];

/** `count` different names. Those of one piece come first. */
export function oddNames(count: number): string[] {
  const random = new SimRandom(20_190_314);
  const names = new Set<string>(['', ...PIECES]);
  for (const length of LENGTHS) {
    names.add('a'.repeat(length));
    names.add('漢'.repeat(Math.ceil(length / 3)));
    names.add('../'.repeat(Math.ceil(length / 3)));
  }
  while (names.size < count) {
    let name = '';
    for (let left = 1 + random.integer(5); left > 0; left--) name += pick(random);
    names.add(name);
  }
  return [...names].slice(0, count);
}

function pick(random: SimRandom): string {
  const kind = random.integer(10);
  if (kind < 8) return PIECES[random.integer(PIECES.length)]!;
  if (kind === 8) return String.fromCharCode(random.integer(0x1_0000));
  return String.fromCharCode(random.integer(128)).repeat(1 + random.integer(8));
}
