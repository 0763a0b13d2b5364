/**
 * Named clusters, in `mqadmin.json` of the user's configuration folder: where the name servers are, which file or
 * variables hold the keys to sign with, which file says how to encrypt, and whether to ask before changes.
 *
 *     {"current": "test", "contexts": {"test": {"namesrvAddr": "10.0.0.1:9876", "acl": "/etc/rocketmq/tools.yml"}}}
 *
 * Invariants: no secret is in it, only where secrets are; only its owner may read it (0600); a write replaces the whole
 * file. Not in 4.4.0.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import { parseAddresses } from '../admin-connection.ts';
import { AdminError, describeError } from '../admin-error.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export interface NamedContext {
  /** `host:port;host:port` */
  readonly namesrvAddr: string;
  /** File with accessKey and secretKey, as `conf/tools.yml`. */
  readonly acl?: string | undefined;
  /** Names of two environment variables, `ACCESS_VARIABLE,SECRET_VARIABLE`. */
  readonly aclEnv?: string | undefined;
  /** Properties file with `tls.client.*`. */
  readonly tls?: string | undefined;
  /** Whether commands that change something ask before. */
  readonly confirm?: boolean | undefined;
}

export interface ContextFile {
  /** The one that is used where nothing else is said. */
  readonly current?: string | undefined;
  readonly contexts: ReadonlyMap<string, NamedContext>;
}

const OWNER_ONLY = 0o600;
const NAME = /^[\w.-]{1,64}$/;
const TEXTS = ['namesrvAddr', 'acl', 'aclEnv', 'tls'];

/** `$XDG_CONFIG_HOME/rocketmq-ts/mqadmin.json`, `~/.config/…` otherwise. Undefined when there is no home either. */
export function contextFilePath(environment: Environment): string | undefined {
  const { XDG_CONFIG_HOME, APPDATA, HOME } = environment;
  const folder = XDG_CONFIG_HOME || APPDATA || (HOME ? `${HOME}/.config` : undefined);
  return folder === undefined ? undefined : `${folder}/rocketmq-ts/mqadmin.json`;
}

/** Empty when there is no file. Throws ADMIN_CONTEXT. */
export function readContextFile(fileSystem: FileSystem, path: string | undefined): ContextFile {
  if (path === undefined || !fileSystem.existsSync(path)) return { contexts: new Map() };
  let content: unknown;
  try {
    content = JSON.parse(fileSystem.readFileSync(path).toString('utf8'));
  } catch (error) {
    throw new AdminError('ADMIN_CONTEXT', `${path} cannot be read: ${describeError(error)}`, error);
  }
  if (!isObject(content) || !isObject(content.contexts)) throw malformed(path, 'it has no "contexts"');
  const contexts = new Map<string, NamedContext>();
  for (const [name, each] of Object.entries(content.contexts)) {
    if (!isContext(each)) throw malformed(path, `context "${name}" has a field of the wrong kind`);
    contexts.set(name, each);
  }
  return { current: typeof content.current === 'string' ? content.current : undefined, contexts };
}

export function writeContextFile(fileSystem: FileSystem, path: string, file: ContextFile): void {
  const content = { current: file.current, contexts: Object.fromEntries([...file.contexts].sort()) };
  fileSystem.mkdirSync(path.slice(0, path.lastIndexOf('/')));
  const temporary = `${path}.${process.pid}.tmp`;
  fileSystem.unlinkSync(temporary);
  fileSystem.writeFileSync(temporary, Buffer.from(`${JSON.stringify(content, null, 2)}\n`), OWNER_ONLY);
  fileSystem.renameSync(temporary, path);
}

/** Throws ADMIN_USAGE for what could not be used. */
export function checkContext(name: string, context: NamedContext): void {
  if (!NAME.test(name))
    throw new AdminError(
      'ADMIN_USAGE',
      `"${name}" is no name of a context: letters, digits, "_", "." and "-"`,
    );
  if (parseAddresses(context.namesrvAddr).length === 0)
    throw new AdminError('ADMIN_USAGE', 'a context needs its name servers: -n HOST:9876');
  if (context.acl !== undefined && context.aclEnv !== undefined)
    throw new AdminError('ADMIN_USAGE', 'give the keys by --acl or by --acl-env, not by both');
  if (context.aclEnv !== undefined && !/^\w+,\w+$/.test(context.aclEnv))
    throw new AdminError('ADMIN_USAGE', '--acl-env takes the names of two variables: ACCESS_KEY,SECRET_KEY');
}

/** Throws ADMIN_CONTEXT when there is none of that name. */
export function contextNamed(file: ContextFile, name: string): NamedContext {
  const context = file.contexts.get(name);
  if (context !== undefined) return context;
  const known = [...file.contexts.keys()].sort().join(', ') || 'none';
  throw new AdminError(
    'ADMIN_CONTEXT',
    `there is no context ${name}; there are: ${known}. See "mqadmin context"`,
  );
}

function isContext(value: unknown): value is NamedContext {
  if (!isObject(value) || typeof value.namesrvAddr !== 'string') return false;
  if (value.confirm !== undefined && typeof value.confirm !== 'boolean') return false;
  return TEXTS.every((name) => value[name] === undefined || typeof value[name] === 'string');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function malformed(path: string, what: string): AdminError {
  return new AdminError('ADMIN_CONTEXT', `${path} is not as "mqadmin context" writes it: ${what}`);
}
