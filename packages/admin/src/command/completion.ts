/**
 * `completion`: a script that completes commands and options in bash, zsh and fish, and asks the cluster for the names of topics,
 * groups, clusters and brokers. With --names it prints such names, for the script. Not in 4.4.0.
 */
import { isDlqTopic, isRetryTopic, RETRY_TOPIC_PREFIX } from '@rocketmq-ts/protocol';
import type { AdminClient } from '../admin-client.ts';
import { AdminError } from '../admin-error.ts';
import { type Command, type CommandContext, option, ownOption } from '../command-line/command.ts';
import {
  type CompletedCommand,
  completionScript,
  isShell,
  kindOf,
} from '../command-line/completion-script.ts';
import { commandEntries } from '../command-line/registry.ts';
import { optionSpecs } from '../command-line/usage.ts';
import { contextFilePath, readContextFile } from '../context/context-file.ts';

export const command: Command = {
  name: 'completion',
  // A broken setting of the cluster must not break the start of a shell.
  local: (options) => !options.has('names') || options.optional('names') === 'contexts',
  options: [
    option('s', 'shell', 'bash | zsh | fish, eg: eval "$(mqadmin completion -s bash)"'),
    ownOption('names', 'print names: topics | groups | clusters | brokers | addresses | contexts'),
  ],
  async run(context) {
    const { options, report } = context;
    const names = options.optional('names');
    if (names !== undefined) {
      const found = await namesOf(context, names);
      for (const name of found) report.line(name);
      report.value(found);
      return;
    }
    const shell = options.optional('s') ?? '';
    if (!isShell(shell))
      throw new AdminError('ADMIN_USAGE', `option -s must be bash, zsh or fish, found "${shell}"`);
    const commands = await completedCommands();
    report.text(completionScript(shell, commands));
    report.value(
      Object.fromEntries(commands.map((each) => [each.name, each.options.flatMap(({ words }) => words)])),
    );
  },
};

async function completedCommands(): Promise<CompletedCommand[]> {
  const commands: CompletedCommand[] = [];
  for (const entry of commandEntries) {
    const { command: each } = await entry.load();
    const { classic, ours } = optionSpecs(each);
    const options = [...classic, ...ours].map((spec) => ({
      spec,
      kind: kindOf(entry.name, spec),
      words: [
        ...(spec.short === undefined ? [] : [`-${spec.short}`]),
        ...(spec.long.trim().includes(' ') ? [] : [`--${spec.long.trim()}`]),
      ],
    }));
    commands.push({ name: entry.name, description: entry.description, options });
  }
  return commands;
}

async function namesOf(context: CommandContext, kind: string): Promise<string[]> {
  const { admin, environment, platform } = context;
  switch (kind) {
    case 'contexts':
      return [...readContextFile(platform.fileSystem, contextFilePath(environment)).contexts.keys()].sort();
    case 'topics':
      return (await admin.fetchAllTopicList())
        .filter((topic) => !isRetryTopic(topic) && !isDlqTopic(topic))
        .sort();
    case 'groups':
      return (await admin.fetchAllTopicList())
        .filter(isRetryTopic)
        .map((topic) => topic.slice(RETRY_TOPIC_PREFIX.length))
        .sort();
    case 'clusters':
      return [...(await admin.examineBrokerClusterInfo()).clusterAddrTable.keys()].sort();
    case 'brokers':
      return [...(await admin.examineBrokerClusterInfo()).brokerAddrTable.keys()].sort();
    case 'addresses':
      return await brokerAddresses(admin);
    default:
      throw new AdminError('ADMIN_USAGE', `there are no names of "${kind}"`);
  }
}

async function brokerAddresses(admin: AdminClient): Promise<string[]> {
  return (await admin.brokerAddresses()).sort();
}
