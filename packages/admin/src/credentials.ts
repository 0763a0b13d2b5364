/**
 * The access key and secret that mqadmin signs with: `conf/tools.yml` below ROCKETMQ_HOME.
 *
 *     accessKey: rocketmq
 *     secretKey: 12345678
 *
 * Counterpart: MQAdminStartup.getAclRPCHook. The secret is never printed.
 */
import type { FileSystem } from '@rocketmq-ts/platform';
import type { SessionCredentials } from '@rocketmq-ts/protocol';
import { AdminError, describeError } from './admin-error.ts';

/** Undefined when the file or its keys are absent: requests then go unsigned. Rejects with ADMIN_CREDENTIALS. */
export async function readCredentials(
  fileSystem: FileSystem,
  rocketmqHome: string,
): Promise<SessionCredentials | undefined> {
  const path = `${rocketmqHome}/conf/tools.yml`;
  return fileSystem.existsSync(path) ? readCredentialsFile(fileSystem, path) : undefined;
}

/** Of a file in the form above; undefined when its keys are absent. Rejects with ADMIN_CREDENTIALS. */
export async function readCredentialsFile(
  fileSystem: FileSystem,
  path: string,
): Promise<SessionCredentials | undefined> {
  const { parse } = await import('yaml');
  let content: unknown;
  try {
    // Every value as text: a secret of digits is not a number.
    content = parse(fileSystem.readFileSync(path).toString('utf8'), { schema: 'failsafe' });
  } catch (error) {
    throw new AdminError('ADMIN_CREDENTIALS', `${path} cannot be read: ${describeError(error)}`, error);
  }
  const accessKey = textOf(content, 'accessKey');
  const secretKey = textOf(content, 'secretKey');
  if (accessKey === '' && secretKey === '') return undefined;
  const missing = accessKey === '' ? 'accessKey' : secretKey === '' ? 'secretKey' : undefined;
  if (missing === undefined) return { accessKey, secretKey };
  throw new AdminError(
    'ADMIN_CREDENTIALS',
    `${path} has no ${missing}: requests are signed with both keys, or with neither not at all`,
  );
}

function textOf(content: unknown, key: string): string {
  if (typeof content !== 'object' || content === null) return '';
  const value = (content as Readonly<Record<string, unknown>>)[key];
  return typeof value === 'string' ? value.trim() : '';
}
