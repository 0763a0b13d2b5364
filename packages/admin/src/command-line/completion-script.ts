/**
 * The scripts of `completion`. What stands on the line as `-n` and `--context` is handed on when names are asked for; an answer
 * that does not come leaves the word as it is.
 */
import type { OptionSpec } from './command.ts';

export type Shell = 'bash' | 'zsh' | 'fish';
export type NameKind = 'topics' | 'groups' | 'clusters' | 'brokers' | 'addresses' | 'contexts';

export interface CompletedOption {
  readonly spec: OptionSpec;
  /** What its value is a name of. */
  readonly kind: NameKind | undefined;
  readonly words: readonly string[];
}

export interface CompletedCommand {
  readonly name: string;
  readonly description: string;
  readonly options: readonly CompletedOption[];
}

const KINDS: Readonly<Record<string, NameKind>> = {
  topic: 'topics',
  group: 'groups',
  groupName: 'groups',
  consumerGroup: 'groups',
  consumer: 'groups',
  srcGroup: 'groups',
  destGroup: 'groups',
  cluster: 'clusters',
  clusterName: 'clusters',
  brokerName: 'brokers',
  brokerAddr: 'addresses',
  context: 'contexts',
};

export function isShell(text: string): text is Shell {
  return text === 'bash' || text === 'zsh' || text === 'fish';
}

export function kindOf(command: string, { long, argument }: OptionSpec): NameKind | undefined {
  if (!argument) return undefined;
  if (long === 'broker') return command === 'queryCq' ? 'addresses' : 'brokers';
  return KINDS[long.trim()];
}

export function completionScript(shell: Shell, commands: readonly CompletedCommand[]): string {
  if (shell === 'fish') return fish(commands);
  // zsh understands bash's once told to.
  return shell === 'zsh' ? `autoload -U +X bashcompinit && bashcompinit\n${bash(commands)}` : bash(commands);
}

function bash(commands: readonly CompletedCommand[]): string {
  const words = commands
    .map(({ name, options }) => `    ${name}) words='${options.flatMap((each) => each.words).join(' ')}' ;;`)
    .join('\n');
  const byKind = new Map<NameKind, string[]>();
  for (const { name, options } of commands) {
    for (const { kind, words: written } of options) {
      if (kind === undefined) continue;
      byKind.set(kind, [...(byKind.get(kind) ?? []), ...written.map((word) => `${name}:${word}`)]);
    }
  }
  const kinds = [...byKind].map(([kind, places]) => `    ${places.join('|')}) kind=${kind} ;;`).join('\n');
  return `_mqadmin() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" words= kind= where=() i
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*|2:help) words='help ${commands.map(({ name }) => name).join(' ')}' ;;
    2:context) words='add use list remove' ;;
    3:context) kind=contexts ;;
  esac
  case "\${COMP_WORDS[1]}:$previous" in
${kinds}
  esac
  if [ -n "$kind" ]; then
    for ((i = 2; i < COMP_CWORD - 1; i++)); do
      case "\${COMP_WORDS[i]}" in -n|--namesrvAddr|--context) where+=("\${COMP_WORDS[i]}" "\${COMP_WORDS[i+1]}") ;; esac
    done
    words=$("\${COMP_WORDS[0]}" completion --names "$kind" "\${where[@]}" 2>/dev/null)
  fi
  [ -n "$words$kind" ] || case "\${COMP_WORDS[1]}" in
${words}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mqadmin mqadmin
`;
}

function fish(commands: readonly CompletedCommand[]): string {
  const names = commands.map(({ name }) => name).join(' ');
  const lines = commands.flatMap(({ name, description, options }) => [
    `complete -c mqadmin -n __fish_use_subcommand -a ${name} -d ${quoted(description)}`,
    ...options.map(({ spec, kind, words }) => {
      const letter = spec.short === undefined ? '' : ` -s ${spec.short}`;
      const long = words.some((word) => word.startsWith('--')) ? ` -l ${spec.long.trim()}` : '';
      const value = !spec.argument ? '' : kind === undefined ? ' -x' : ` -x -a "(__mqadmin_names ${kind})"`;
      const when = quoted(`__fish_seen_subcommand_from ${name}`);
      return `complete -c mqadmin -n ${when}${letter}${long}${value} -d ${quoted(spec.description)}`;
    }),
  ]);
  return `function __mqadmin_names
  set -l words (commandline -opc)
  set -l where
  for i in (seq 2 (math (count $words) - 1))
    contains -- $words[$i] -n --namesrvAddr --context; and set -a where $words[$i] $words[(math $i + 1)]
  end
  $words[1] completion --names $argv[1] $where 2>/dev/null
end
complete -c mqadmin -f
complete -c mqadmin -n __fish_use_subcommand -a help
complete -c mqadmin -n '__fish_seen_subcommand_from help' -a '${names}'
complete -c mqadmin -n '__fish_seen_subcommand_from context' -a 'add use list remove'
${lines.join('\n')}
`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
