/**
 * UPDATE_NAMESRV_CONFIG (318): changes settings while the name server runs. All keys of a request are taken or none; paths
 * and addresses cannot be changed from here. What is taken is in the file when the answer goes out.
 *
 * Counterpart: `DefaultRequestProcessor.updateConfig`, which takes every key, paths included, from anybody.
 */
import { formatProperties, parseProperties } from '@rocketmq-ts/protocol';
import type { Handler } from '@rocketmq-ts/remoting';
import { replaceFile } from '../config/replace-file.ts';
import { NamesrvError } from '../namesrv-error.ts';
import { answeringErrors, SUCCESS } from './answers.ts';
import type { NamesrvContext } from './namesrv-context.ts';

export function updateNamesrvConfig(context: NamesrvContext): Handler {
  return (request, connection) => {
    const asked = parseProperties(request.body.toString('utf8'));
    answeringErrors(() => {
      const update = context.config.planUpdate(asked);
      if (update.changes.size === 0) return;
      persist(context, update.changes);
      update.apply();
      const changes = JSON.stringify(Object.fromEntries(update.changes));
      context.logger.info('configuration changed', { changes, by: connection.remoteAddress });
    });
    return SUCCESS;
  };
}

/** Adds the changes to what the file says; its comments are kept as long as its keys are only appended to. */
function persist(context: NamesrvContext, changes: ReadonlyMap<string, string>): void {
  const file = context.config.values.configStorePath;
  const { fileSystem } = context.platform;
  try {
    const before = fileSystem.existsSync(file) ? fileSystem.readFileSync(file).toString('latin1') : '';
    // A later line beats an earlier one, for us and for Java.
    const gap = before === '' || before.endsWith('\n') ? '' : '\n';
    const kept = before
      .split('\n')
      .filter((line, i, lines) => lines[i - 1]?.endsWith('\\') || !isPlainLineOf(line, changes))
      .join('\n');
    replaceFile(
      fileSystem,
      file,
      Buffer.from(`${kept}${gap}${formatProperties(new Map(changes))}`, 'latin1'),
    );
  } catch (error) {
    const reason = (error as Error).message;
    throw new NamesrvError(
      'NAMESRV_FILE',
      `configuration not changed, ${file} cannot be written: ${reason}`,
      error,
    );
  }
}

/** Whether the line sets one of the keys and stands for itself. */
function isPlainLineOf(line: string, changes: ReadonlyMap<string, string>): boolean {
  const match = /^\s*([A-Za-z0-9]+)\s*[=:](.*)$/.exec(line);
  return match !== null && changes.has(match[1]!) && !match[2]!.trimEnd().endsWith('\\');
}
