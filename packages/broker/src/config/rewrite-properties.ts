/**
 * Changes values in the text of a `.properties` file and leaves everything else, comments included, as it was. (RocketMQ
 * rewrites the whole file in hash order and loses the comments.)
 */
import { formatProperties, parseProperties } from '@rocketmq-ts/protocol';

/** Every line that sets a changed key is replaced where it stands (later repetitions are dropped); new keys go to the end. */
export function rewriteProperties(content: string, changes: ReadonlyMap<string, string>): string {
  const rest = new Map(changes);
  const seen = new Set<string>();
  const lines: string[] = [];
  for (const line of logicalLines(content)) {
    const key = parseProperties(line).keys().next().value;
    if (key === undefined || !changes.has(key)) {
      lines.push(line);
    } else if (!seen.has(key)) {
      seen.add(key);
      lines.push(propertyLine(key, changes.get(key)!));
      rest.delete(key);
    }
  }
  let kept = lines.join('\n');
  if (rest.size === 0) return kept;
  if (kept !== '' && !kept.endsWith('\n')) kept += '\n';
  for (const [key, value] of rest) kept += `${propertyLine(key, value)}\n`;
  return kept;
}

function propertyLine(key: string, value: string): string {
  return formatProperties(new Map([[key, value]])).trimEnd();
}

/** Lines as the format sees them: one that ends in an odd number of backslashes goes on in the next. */
function logicalLines(content: string): string[] {
  const lines: string[] = [];
  let open = false;
  for (const line of content.split(/\r?\n/)) {
    if (open) lines[lines.length - 1] += `\n${line}`;
    else lines.push(line);
    const isComment: boolean = !open && /^\s*[#!]/.test(line);
    open = !isComment && /(^|[^\\])(\\\\)*\\$/.test(line);
  }
  return lines;
}
