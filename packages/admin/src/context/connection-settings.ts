/**
 * Where a command goes, what it signs with and how it encrypts: from its options, the context, the environment.
 *
 * The context is that of `--context`, else of MQADMIN_CONTEXT, else, unless `-n` or NAMESRV_ADDR says where to go, the one
 * that `mqadmin context use` chose. `-n` beats its addresses. Keys of a context are never sent to name servers of NAMESRV_ADDR.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import type { SessionCredentials } from '@rocketmq-ts/protocol';
import { readTlsSettings, type TlsClientSettings, tlsSettingsOf } from '@rocketmq-ts/remoting';
import { AdminError } from '../admin-error.ts';
import type { CommandOptions } from '../command-line/command-options.ts';
import { readCredentials, readCredentialsFile } from '../credentials.ts';
import {
  contextFilePath,
  contextNamed,
  type Environment,
  type NamedContext,
  readContextFile,
} from './context-file.ts';

export interface ConnectionSettings {
  /** Empty when nobody says. */
  readonly namesrvAddr: string;
  readonly credentials: SessionCredentials | undefined;
  readonly tls: TlsClientSettings | undefined;
  /** Name of the context. */
  readonly context: string | undefined;
  /** Whether that context wants to be asked before changes. */
  readonly confirm: boolean;
}

/** Rejects with ADMIN_CONTEXT, ADMIN_CREDENTIALS, TlsError. */
export async function connectionSettings(
  options: CommandOptions,
  environment: Environment,
  fileSystem: FileSystem,
  rocketmqHome: string,
): Promise<ConnectionSettings> {
  const addresses = options.optional('namesrvAddr');
  const name = contextName(options, environment, fileSystem);
  if (name === undefined) {
    const { enable, client } = readTlsSettings(fileSystem, tlsSettingsOf(environment));
    return {
      namesrvAddr: addresses ?? environment.NAMESRV_ADDR ?? '',
      credentials: await readCredentials(fileSystem, rocketmqHome),
      tls: enable === true ? client : undefined,
      context: undefined,
      confirm: false,
    };
  }
  const context = contextNamed(readContextFile(fileSystem, contextFilePath(environment)), name);
  return {
    namesrvAddr: addresses ?? context.namesrvAddr,
    credentials: await credentialsOf(name, context, environment, fileSystem),
    tls: tlsOf(context, fileSystem),
    context: name,
    confirm: context.confirm === true,
  };
}

function contextName(
  options: CommandOptions,
  environment: Environment,
  fileSystem: FileSystem,
): string | undefined {
  const chosen = options.optional('context') ?? (environment.MQADMIN_CONTEXT || undefined);
  if (chosen !== undefined || options.has('namesrvAddr') || environment.NAMESRV_ADDR) return chosen;
  return readContextFile(fileSystem, contextFilePath(environment)).current;
}

async function credentialsOf(
  name: string,
  { acl, aclEnv }: NamedContext,
  environment: Environment,
  fileSystem: FileSystem,
): Promise<SessionCredentials | undefined> {
  if (acl !== undefined) {
    const found = await readCredentialsFile(fileSystem, acl);
    if (found !== undefined) return found;
    throw new AdminError(
      'ADMIN_CREDENTIALS',
      `${acl}, which context ${name} names, has no accessKey and secretKey`,
    );
  }
  if (aclEnv === undefined) return undefined;
  const [accessKey, secretKey] = aclEnv.split(',').map((variable) => environment[variable] ?? '');
  if (accessKey && secretKey) return { accessKey, secretKey };
  throw new AdminError(
    'ADMIN_CREDENTIALS',
    `context ${name} takes its keys from the variables ${aclEnv}: set both`,
  );
}

/** A context that names a file encrypts, unless that says `tls.enable=false`. */
function tlsOf({ tls }: NamedContext, fileSystem: FileSystem): TlsClientSettings | undefined {
  if (tls === undefined) return undefined;
  const { enable, client } = readTlsSettings(fileSystem, new Map([['tls.config.file', tls]]));
  return enable === false ? undefined : client;
}
