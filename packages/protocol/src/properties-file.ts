import { ProtocolError } from './protocol-error.ts';

/**
 * Java's .properties text: configuration files and the bodies of UPDATE_/GET_BROKER_CONFIG and their name-server
 * counterparts (`Properties.load`, `MixAll.properties2String`).
 *
 * Reading follows `Properties.load`: comments with # or !, continuation by a backslash at the end of a line, keys
 * ended by =, : or white space, escapes \t \n \r \f \uHHHH, of equal keys the last counts. Writing gives `key=value`
 * lines as RocketMQ does, and escapes what reading would not give back (RocketMQ does not, and loses backslashes).
 */
export function parseProperties(text: string): Map<string, string> {
  const properties = new Map<string, string>();
  for (const line of logicalLines(text)) {
    const keyEnd = findKeyEnd(line);
    const valueStart = /^[ \t\f]*[=:]?[ \t\f]*/.exec(line.slice(keyEnd))?.[0].length ?? 0;
    properties.set(unescapeText(line.slice(0, keyEnd)), unescapeText(line.slice(keyEnd + valueStart)));
  }
  return properties;
}

export function formatProperties(properties: ReadonlyMap<string, string>): string {
  let text = '';
  for (const [key, value] of properties) text += `${escapeKey(key)}=${escapeValue(value)}\n`;
  return text;
}

/** Joins continued lines; drops blank lines, comments and leading white space. */
function logicalLines(text: string): string[] {
  const lines: string[] = [];
  let pending: string | undefined;
  const naturalLines = text.split(/\r\n|\r|\n/);
  for (const [index, natural] of naturalLines.entries()) {
    const line = natural.replace(/^[ \t\f]+/, '');
    if (pending === undefined && line === '') continue;
    if ((pending ?? '') === '' && (line.startsWith('#') || line.startsWith('!'))) {
      pending = undefined;
      continue;
    }
    const joined: string = (pending ?? '') + line;
    const backslashes = /\\*$/.exec(line)?.[0].length ?? 0;
    if (backslashes % 2 === 1) {
      pending = joined.slice(0, -1);
    } else {
      // a line continued by nothing is none, except, in Java, at the end of the text
      if (joined !== '' || index === naturalLines.length - 1) lines.push(joined);
      pending = undefined;
    }
  }
  if (pending !== undefined) lines.push(pending);
  return lines;
}

function findKeyEnd(line: string): number {
  for (let i = 0; i < line.length; i++) {
    const c = line.charAt(i);
    if (c === '\\') i++;
    else if (c === '=' || c === ':' || c === ' ' || c === '\t' || c === '\f') return i;
  }
  return line.length;
}

const LETTERS = new Map([
  ['t', '\t'],
  ['n', '\n'],
  ['r', '\r'],
  ['f', '\f'],
]);

function unescapeText(text: string): string {
  if (!text.includes('\\')) return text;
  return text.replace(/\\(u[\s\S]{0,4}|[\s\S]?)/g, (_, escaped: string) => {
    if (!escaped.startsWith('u')) return LETTERS.get(escaped) ?? escaped;
    if (/^u[0-9a-fA-F]{4}$/.test(escaped)) {
      return String.fromCharCode(Number.parseInt(escaped.slice(1), 16));
    }
    throw new ProtocolError(
      'PROPERTIES_MALFORMED',
      `malformed escape ${JSON.stringify(`\\${escaped}`)} in a properties text, expected \\u and four hex digits`,
    );
  });
}

function escapeKey(key: string): string {
  return escapeText(key).replace(/[ =:#!]/g, '\\$&');
}

function escapeValue(value: string): string {
  return escapeText(value).replace(/^ +/, (spaces) => spaces.replace(/ /g, '\\ '));
}

function escapeText(text: string): string {
  return text.replace(/[\\\t\n\r\f]/g, (c) => {
    switch (c) {
      case '\\':
        return '\\\\';
      case '\t':
        return '\\t';
      case '\n':
        return '\\n';
      case '\r':
        return '\\r';
      default:
        return '\\f';
    }
  });
}
