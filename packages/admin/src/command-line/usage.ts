/**
 * The text of `mqadmin help COMMAND`, as 4.4.0 prints it (commons-cli's HelpFormatter, 110 columns), and below it what we
 * have on top.
 */
import type { Command, OptionSpec } from './command.ts';
import { flag, option, ownFlag, ownOption } from './command.ts';

const WIDTH = 110;

const HELP = flag('h', 'help', 'Print help');
const NAMESRV = option('n', 'namesrvAddr', 'Name server address list, eg: 192.168.0.1:9876;192.168.0.2:9876');

const CONTEXT = ownOption('context', 'Name of the cluster, see "mqadmin context"');
const CHANGING = [
  ownFlag('dry-run', 'Say what would be done, and do not do it'),
  ownFlag('yes', 'Do not ask, where the context asks before changes'),
];

export interface CommandOptionSpecs {
  /** 4.4.0's. */
  readonly classic: readonly OptionSpec[];
  /** Ours, for every command or for those that change something. */
  readonly ours: readonly OptionSpec[];
}

export function optionSpecs(command: Command): CommandOptionSpecs {
  const taken = command.options.some(({ short }) => short === 'o');
  const output: OptionSpec = {
    ...(taken ? {} : { short: 'o' }),
    long: 'output',
    description: 'text | json, default text',
    argument: true,
    required: false,
  };
  const classic = [HELP, NAMESRV, ...command.options.filter(({ short }) => short !== undefined)];
  const ours = command.options.filter(({ short }) => short === undefined);
  return {
    classic,
    ours: [
      ...ours,
      output,
      ...(command.local === true ? [] : [CONTEXT]),
      ...(command.changes ? CHANGING : []),
    ],
  };
}

export function usage(command: Command): string {
  const { classic, ours } = optionSpecs(command);
  const sorted = [...classic].sort((a, b) => compare(keyOf(a), keyOf(b)));
  const items = sorted.map((spec) => {
    const text = `-${spec.short}${spec.argument ? ' <arg>' : ''}`;
    return spec.required ? text : `[${text}]`;
  });
  const words = (command.words ?? []).map((word) => `[${word}]`);
  const head = wrap(`usage: mqadmin ${[command.name, ...words, ...items].join(' ')}`, 7);
  return `${head}\n${table(sorted)}\n\nAlso, not in RocketMQ 4.4.0:\n${table(ours)}\n`;
}

function table(specs: readonly OptionSpec[]): string {
  const heads = specs.map((spec) => {
    const short = spec.short === undefined ? '   ' : `-${spec.short},`;
    return ` ${short}--${spec.long}${spec.argument ? ' <arg>' : ''}`;
  });
  const indent = Math.max(...heads.map((text) => text.length)) + 3;
  return specs
    .map((spec, index) => wrap(`${(heads[index] as string).padEnd(indent)}${spec.description}`, indent))
    .join('\n');
}

function wrap(text: string, indent: number): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > WIDTH) {
    const space = rest.lastIndexOf(' ', WIDTH);
    if (space <= indent) break;
    lines.push(rest.slice(0, space).trimEnd());
    rest = `${' '.repeat(indent)}${rest.slice(space + 1)}`;
  }
  return [...lines, rest].join('\n');
}

function keyOf({ short, long }: OptionSpec): string {
  return (short ?? long).toLowerCase();
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
