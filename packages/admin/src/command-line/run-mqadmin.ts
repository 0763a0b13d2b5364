/**
 * `mqadmin`: finds the command, reads its options, runs it, and turns what comes of it into an exit code.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong command line. (4.4.0 ends with 0 always.) Errors go to standard error, in JSON
 * mode as JSON. Counterpart: MQAdminStartup.
 */
import { type Platform, realPlatform } from '@rocketmq-ts/platform';
import { AdminClient } from '../admin-client.ts';
import { AdminError, describeError } from '../admin-error.ts';
import { connectionSettings } from '../context/connection-settings.ts';
import type { Environment } from '../context/context-file.ts';
import type { Command, CommandContext } from './command.ts';
import type { CommandOptions } from './command-options.ts';
import { parseArguments } from './parse-arguments.ts';
import { ProgressBar } from './progress-bar.ts';
import { commandEntries, findCommand, nearestCommand } from './registry.ts';
import { type OutputFormat, Report } from './report.ts';
import { optionSpecs, usage } from './usage.ts';

export interface MqadminOptions {
  readonly args: readonly string[];
  /** The folder with `conf/tools.yml`. */
  readonly rocketmqHome: string;
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly workingFolder: string;
  readonly platform?: Platform;
  /** Default: that of this process. */
  readonly environment?: Environment;
  /** Width of the terminal that `writeError` writes to; undefined when it is none: then no progress is shown. */
  readonly columns?: number | undefined;
  /** Asks whoever sits at the terminal; undefined when nobody does. */
  readonly ask?: ((question: string) => Promise<string>) | undefined;
}

const OK = 0;
const FAILED = 1;
const USAGE = 2;

/** Resolves to the exit code. */
export async function runMqadmin(options: MqadminOptions): Promise<number> {
  const { args, write, writeError } = options;
  const [name, ...rest] = args;
  if (name === undefined) {
    write(commandList());
    return OK;
  }
  if (['help', '-h', '--help'].includes(name.toLowerCase())) {
    if (rest[0] === undefined) {
      write(commandList());
      return OK;
    }
    const command = await findCommand(rest[0]);
    if (command === undefined) return unknown(rest[0], rest, writeError);
    write(usage(command));
    return OK;
  }
  const command = await findCommand(name);
  if (command === undefined) return unknown(name, rest, writeError);
  return runCommand(command, rest, options);
}

async function runCommand(
  command: Command,
  args: readonly string[],
  mqadmin: MqadminOptions,
): Promise<number> {
  const { writeError, environment = process.env, platform = realPlatform() } = mqadmin;
  // Also for what is wrong with the options themselves.
  let format: OutputFormat = asksForJson(args) ? 'json' : 'text';
  let admin: AdminClient | undefined;
  const progress = new ProgressBar(platform.clock, mqadmin.columns ? writeError : undefined, mqadmin.columns);
  try {
    const { classic, ours } = optionSpecs(command);
    const options = parseArguments(args, [...classic, ...ours], command.words?.length);
    if (options.has('help')) {
      mqadmin.write(usage(command));
      return OK;
    }
    format = outputFormat(options);
    const settings = applies(command.local, options)
      ? undefined
      : await connectionSettings(options, environment, platform.fileSystem, mqadmin.rocketmqHome);
    admin = new AdminClient({ namesrvAddr: '', ...settings, platform });
    const write = (text: string): void => {
      progress.hide(text);
      mqadmin.write(text);
    };
    const context: CommandContext = {
      options,
      admin,
      report: new Report(format, write),
      platform,
      dryRun: command.changes !== undefined && options.has('dry-run'),
      progress,
      environment,
      workingFolder: mqadmin.workingFolder,
      sleep: (milliseconds) => new Promise((resolve) => platform.clock.setTimeout(resolve, milliseconds)),
    };
    if (settings?.confirm && applies(command.changes, options)) await confirm(command, context, mqadmin);
    try {
      await command.run(context);
    } finally {
      progress.end();
      context.report.end();
    }
    return OK;
  } catch (error) {
    return failed(command, error, format, writeError);
  } finally {
    await admin?.close();
  }
}

/** Shows what would be done, and resolves once that is wanted. Rejects with ADMIN_NOT_CONFIRMED. */
async function confirm(
  command: Command,
  context: CommandContext,
  { ask, writeError }: MqadminOptions,
): Promise<void> {
  if (context.dryRun || context.options.has('yes')) return;
  if (ask === undefined) {
    const why = 'this context asks before changes, and nobody is at the terminal to be asked: add --yes';
    throw new AdminError('ADMIN_NOT_CONFIRMED', why);
  }
  const report = new Report('text', writeError);
  await command.run({ ...context, report, dryRun: true });
  report.end();
  if (/^y(es)?$/i.test((await ask('Do it? [y/N] ')).trim())) return;
  throw new AdminError('ADMIN_NOT_CONFIRMED', 'nothing was changed');
}

function applies(
  property: boolean | ((options: CommandOptions) => boolean) | undefined,
  options: CommandOptions,
): boolean {
  return typeof property === 'function' ? property(options) : property === true;
}

function asksForJson(args: readonly string[]): boolean {
  return args.some(
    (word, i) =>
      /^(-o=?|--output=)json$/.test(word) || (/^(-o|--output)$/.test(word) && args[i + 1] === 'json'),
  );
}

function failed(
  command: Command,
  error: unknown,
  format: OutputFormat,
  writeError: (text: string) => void,
): number {
  const isUsage = error instanceof AdminError && error.code === 'ADMIN_USAGE';
  const code = error instanceof Error && 'code' in error ? String(error.code) : undefined;
  if (format === 'json') {
    writeError(
      `${JSON.stringify({ error: { command: command.name, code, message: describeError(error) } })}\n`,
    );
  } else {
    writeError(`mqadmin ${command.name}: ${code === undefined ? '' : `${code}: `}${describeError(error)}\n`);
    if (isUsage) writeError(`\n${usage(command)}`);
  }
  return isUsage ? USAGE : FAILED;
}

function outputFormat(options: CommandOptions): OutputFormat {
  const text = options.optional('output') ?? 'text';
  if (text === 'text' || text === 'json') return text;
  throw new AdminError('ADMIN_USAGE', `option --output must be text or json, found "${text}"`);
}

function unknown(name: string, args: readonly string[], writeError: (text: string) => void): number {
  const nearest = nearestCommand(name);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  const message = `The sub command ${name} not exist.${hint} "mqadmin" alone lists all commands.`;
  const error = { command: name, code: 'ADMIN_USAGE', message };
  writeError(`${asksForJson(args) ? JSON.stringify({ error }) : message}\n`);
  return USAGE;
}

function commandList(): string {
  const lines = (ours: boolean): string =>
    commandEntries
      .filter((entry) => (entry.ours ?? false) === ours)
      .map(({ name, description }) => `   ${name.padEnd(20)} ${description}\n`)
      .join('');
  return (
    `The most commonly used mqadmin commands are:\n${lines(false)}` +
    `\nAlso, not in RocketMQ 4.4.0:\n${lines(true)}` +
    `\nSee 'mqadmin help <command>' for more information on a specific command.\n`
  );
}
