/**
 * What a command of mqadmin is: its options, and what it does with a context. Counterpart: SubCommand.
 *
 * Invariants: option letters and names are 4.4.0's; a command prints through its report only; what it throws becomes
 * the exit code.
 */
import type { Platform } from '@rocketmq-ts/platform';
import type { AdminClient } from '../admin-client.ts';
import type { CommandOptions } from './command-options.ts';
import type { ProgressBar } from './progress-bar.ts';
import type { Report } from './report.ts';

export interface OptionSpec {
  /** One letter; none for what 4.4.0 does not have. */
  readonly short?: string;
  readonly long: string;
  readonly description: string;
  /** False for a switch. */
  readonly argument: boolean;
  readonly required: boolean;
}

export interface CommandContext {
  readonly options: CommandOptions;
  /** Connects when first used. */
  readonly admin: AdminClient;
  readonly report: Report;
  readonly platform: Platform;
  /** Say what would be done, and do not do it. */
  readonly dryRun: boolean;
  /** How far long work is; shows nothing unless standard error is a terminal. */
  readonly progress: ProgressBar;
  /** Variables of the environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** For files that belong where the command was called. */
  readonly workingFolder: string;
  sleep(milliseconds: number): Promise<void>;
}

export interface Command {
  /** As 4.4.0 spells it; any case is accepted. */
  readonly name: string;
  readonly options: readonly OptionSpec[];
  /** Whether it changes, destroys or resets something, and so takes --dry-run, and --yes where it is asked about. */
  readonly changes?: boolean | ((options: CommandOptions) => boolean);
  /** Whether it works without a cluster: name servers, keys and contexts are then not looked at. */
  readonly local?: boolean | ((options: CommandOptions) => boolean);
  /** Words that it takes without an option, as help shows them: `add|list NAME`. */
  readonly words?: readonly string[];
  run(context: CommandContext): Promise<void>;
}

export function option(short: string, long: string, description: string): OptionSpec {
  return { short, long, description, argument: true, required: false };
}

export function required(short: string, long: string, description: string): OptionSpec {
  return { short, long, description, argument: true, required: true };
}

/** An option that 4.4.0 does not have. */
export function ownOption(long: string, description: string): OptionSpec {
  return { long, description, argument: true, required: false };
}

/** A switch that 4.4.0 does not have. */
export function ownFlag(long: string, description: string): OptionSpec {
  return { long, description, argument: false, required: false };
}

export function flag(short: string, long: string, description: string): OptionSpec {
  return { short, long, description, argument: false, required: false };
}
