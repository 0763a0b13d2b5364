/** `completion`: a script that completes commands and options in a shell. Not in 4.4.0. */
import { AdminError } from '../admin-error.ts';
import { type Command, required } from '../command-line/command.ts';
import { commandEntries } from '../command-line/registry.ts';
import { optionSpecs } from '../command-line/usage.ts';

export const command: Command = {
  name: 'completion',
  options: [required('s', 'shell', 'bash | zsh, eg: eval "$(mqadmin completion -s bash)"')],
  async run({ options, report }) {
    const shell = options.text('s');
    if (shell !== 'bash' && shell !== 'zsh')
      throw new AdminError('ADMIN_USAGE', `option -s must be bash or zsh, found "${shell}"`);
    const words = new Map<string, readonly string[]>();
    for (const entry of commandEntries) {
      const { classic, ours } = optionSpecs((await entry.load()).command);
      const names = [...classic, ...ours].flatMap(({ short, long }) => [
        ...(short === undefined ? [] : [`-${short}`]),
        ...(long.includes(' ') ? [] : [`--${long}`]),
      ]);
      words.set(entry.name, names);
    }
    report.text(script(words, shell === 'zsh'));
    report.value(words);
  },
};

/** zsh understands bash's once told to. */
function script(words: ReadonlyMap<string, readonly string[]>, zsh: boolean): string {
  const cases = [...words]
    .map(([name, options]) => `    ${name}) words='${options.join(' ')}' ;;`)
    .join('\n');
  const prepare = zsh ? 'autoload -U +X bashcompinit && bashcompinit\n' : '';
  return `${prepare}_mqadmin() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_CWORD}:\${COMP_WORDS[1]}" in
    1:*|2:help) words='help ${[...words.keys()].join(' ')}' ;;
  esac
  [ -n "$words" ] || case "\${COMP_WORDS[1]}" in
${cases}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -F _mqadmin mqadmin
`;
}
