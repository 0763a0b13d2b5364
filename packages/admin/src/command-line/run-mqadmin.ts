/**
 * `mqadmin`: finds the command, reads its options, runs it, and turns what comes of it into an exit code.
 *
 * Exit codes: 0 done, 1 failed, 2 wrong command line. (4.4.0 ends with 0 always.) Errors go to standard error, in JSON
 * mode as JSON. Counterpart: MQAdminStartup.
 */
import { type Platform, realPlatform } from '@rocketmq-ts/platform';
import { readTlsSettings, tlsSettingsOf } from '@rocketmq-ts/remoting';
import { AdminClient } from '../admin-client.ts';
import { AdminError, describeError } from '../admin-error.ts';
import { readCredentials } from '../credentials.ts';
import type { Command } from './command.ts';
import type { CommandOptions } from './command-options.ts';
import { parseArguments } from './parse-arguments.ts';
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
    if (command === undefined) return unknown(rest[0], writeError);
    write(usage(command));
    return OK;
  }
  const command = await findCommand(name);
  if (command === undefined) return unknown(name, writeError);
  return runCommand(command, rest, options);
}

async function runCommand(
  command: Command,
  args: readonly string[],
  { write, writeError, rocketmqHome, workingFolder, ...rest }: MqadminOptions,
): Promise<number> {
  let format: OutputFormat = 'text';
  let admin: AdminClient | undefined;
  try {
    const { classic, ours } = optionSpecs(command);
    const options = parseArguments(args, [...classic, ...ours]);
    if (options.has('help')) {
      write(usage(command));
      return OK;
    }
    format = outputFormat(options);
    const platform = rest.platform ?? realPlatform();
    const credentials = await readCredentials(platform.fileSystem, rocketmqHome);
    const { enable, client } = readTlsSettings(platform.fileSystem, tlsSettingsOf(process.env));
    admin = new AdminClient({
      namesrvAddr: options.optional('namesrvAddr'),
      credentials,
      tls: enable === true ? client : undefined,
      platform,
    });
    const report = new Report(format, write);
    const sleep = (milliseconds: number): Promise<void> =>
      new Promise((resolve) => platform.clock.setTimeout(resolve, milliseconds));
    const dryRun = command.changes === true && options.has('dry-run');
    try {
      await command.run({ options, admin, report, platform, dryRun, workingFolder, sleep });
    } finally {
      report.end();
    }
    return OK;
  } catch (error) {
    return failed(command, error, format, writeError);
  } finally {
    await admin?.close();
  }
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

function unknown(name: string, writeError: (text: string) => void): number {
  const nearest = nearestCommand(name);
  const hint = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
  writeError(`The sub command ${name} not exist.${hint} "mqadmin" alone lists all commands.\n`);
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
