/**
 * `context`: named clusters. `add NAME -n ADDRESSES …`, `use NAME`, `list`, `remove NAME`. Looks at files only. Not in
 * 4.4.0.
 */
import { resolve } from 'node:path';
import { AdminError } from '../admin-error.ts';
import { type Command, type CommandContext, ownFlag, ownOption } from '../command-line/command.ts';
import {
  type ContextFile,
  checkContext,
  contextFilePath,
  contextNamed,
  type NamedContext,
  readContextFile,
  writeContextFile,
} from '../context/context-file.ts';

export const command: Command = {
  name: 'context',
  local: true,
  words: ['add|use|list|remove', 'NAME'],
  options: [
    ownOption('acl', 'file with accessKey and secretKey, in the form of conf/tools.yml'),
    ownOption('acl-env', 'names of the variables with the keys, eg: MQ_ACCESS_KEY,MQ_SECRET_KEY'),
    ownOption('tls', 'properties file with tls.client.* settings; encrypts all connections'),
    ownFlag('confirm', 'show what a command would change, and ask, before it does'),
    ownFlag('replace', 'of add: take the place of the context of that name'),
  ],
  async run(context) {
    const [action = 'list', name] = context.options.words;
    const path = contextFilePath(context.environment);
    if (path === undefined)
      throw new AdminError('ADMIN_CONTEXT', 'set HOME or XDG_CONFIG_HOME: contexts are kept there');
    const file = readContextFile(context.platform.fileSystem, path);
    if (action === 'list') return list(context, file);
    if (name === undefined)
      throw new AdminError('ADMIN_USAGE', `give the name of the context: context ${action} NAME`);
    const contexts = new Map(file.contexts);
    let { current } = file;
    switch (action) {
      case 'add':
        contexts.set(name, given(context, file, name));
        current ??= contexts.size === 1 ? name : undefined;
        break;
      case 'use':
        contextNamed(file, name);
        current = name;
        break;
      case 'remove':
        contextNamed(file, name);
        contexts.delete(name);
        if (current === name) current = undefined;
        break;
      default:
        throw new AdminError(
          'ADMIN_USAGE',
          `"${action}" is nothing to do with contexts: add, use, list or remove`,
        );
    }
    writeContextFile(context.platform.fileSystem, path, { current, contexts });
    const done = { add: 'added', use: 'in use', remove: 'removed' }[action];
    context.report.line(`context ${name} ${done}${hint(context, action)}`);
    context.report.value({ action, name, current });
  },
};

function given({ options, workingFolder }: CommandContext, file: ContextFile, name: string): NamedContext {
  if (file.contexts.has(name) && !options.has('replace'))
    throw new AdminError(
      'ADMIN_USAGE',
      `there is a context ${name} already; --replace puts this in its place`,
    );
  const context: NamedContext = {
    namesrvAddr: options.optional('namesrvAddr') ?? '',
    acl: absolute(options.optional('acl'), workingFolder),
    aclEnv: options.optional('acl-env'),
    tls: absolute(options.optional('tls'), workingFolder),
    ...(options.has('confirm') && { confirm: true }),
  };
  checkContext(name, context);
  return context;
}

/** A context is used from any folder. */
function absolute(path: string | undefined, workingFolder: string): string | undefined {
  return path === undefined ? undefined : resolve(workingFolder, path);
}

/** `use` has no effect while the environment says otherwise. */
function hint({ environment }: CommandContext, action: string): string {
  const variable = ['MQADMIN_CONTEXT', 'NAMESRV_ADDR'].find((each) => environment[each]);
  return action === 'use' && variable !== undefined ? `, but ${variable} is set and goes before it` : '';
}

function list({ report }: CommandContext, { current, contexts }: ContextFile): void {
  const sorted = [...contexts].sort(([a], [b]) => (a < b ? -1 : 1));
  if (sorted.length > 0) report.printf('  %-24s  %-40s  %s%n', '#Context', '#Name servers', '#Settings');
  for (const [name, { namesrvAddr, acl, aclEnv, tls, confirm }] of sorted) {
    const settings = [
      acl && `acl=${acl}`,
      aclEnv && `acl-env=${aclEnv}`,
      tls && `tls=${tls}`,
      confirm && 'confirm',
    ];
    const mark = name === current ? '*' : ' ';
    report.printf('%s %-24s  %-40s  %s%n', mark, name, namesrvAddr, settings.filter(Boolean).join(' '));
  }
  if (sorted.length === 0) report.line('no contexts; make one: mqadmin context add NAME -n HOST:9876');
  report.value(sorted.map(([name, context]) => ({ name, current: name === current, ...context })));
}
