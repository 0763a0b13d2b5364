/** Reads the text of a scrape: every figure under its name and labels, as they are written. Throws at what is no line. */
export function figuresOf(text: string): Map<string, number> {
  const figures = new Map<string, number>();
  for (const line of text.split('\n')) {
    if (line === '' || /^# (HELP \w+ .+|TYPE \w+ gauge)$/.test(line)) continue;
    const match = /^(\w+(?:\{(?:\w+="(?:[^"\\\n]|\\["\\n])*",?)*\})?) (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/.exec(
      line,
    );
    if (match === null) throw new Error(`no figure: ${line}`);
    const [, name = '', figure = ''] = match;
    if (figures.has(name)) throw new Error(`twice: ${name}`);
    figures.set(name, Number(figure));
  }
  return figures;
}

/** Names without labels. */
export function namesOf(figures: ReadonlyMap<string, number>): Set<string> {
  return new Set(Array.from(figures.keys(), (name) => name.replace(/\{.*/, '')));
}

/**
 * Reads a scrape as strictly as Prometheus's own parser and linter do, and answers the label names of every family: HELP, then
 * TYPE, then its figures and those only, each family once, the same labels everywhere, a line break at the end.
 */
export function familiesOf(text: string): Map<string, readonly string[]> {
  if (!text.endsWith('\n')) throw new Error('no line break at the end');
  figuresOf(text);
  const families = new Map<string, string>();
  let family = '';
  let expected = 'HELP';
  for (const line of text.slice(0, -1).split('\n')) {
    const comment = /^# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) /.exec(line);
    const name = comment?.[2] ?? /^\w+/.exec(line)?.[0] ?? '';
    if (comment?.[1] === 'HELP') {
      if (expected !== 'HELP') throw new Error(`${family} ends without a figure`);
      if (families.has(name)) throw new Error(`${name} comes twice`);
      family = name;
    } else if (name !== family) {
      throw new Error(`${name} among the figures of ${family}`);
    }
    if (comment !== null) {
      if (comment[1] !== expected) throw new Error(`${expected} of ${family} is missing`);
      expected = expected === 'HELP' ? 'TYPE' : 'figure';
      continue;
    }
    if (expected === 'TYPE') throw new Error(`TYPE of ${family} is missing`);
    expected = 'HELP';
    const labels = Array.from(
      line.matchAll(/[{,](\w+)="(?:[^"\\\n]|\\["\\n])*"/g),
      ([, label]) => label,
    ).join();
    const known = families.get(family);
    if (known !== undefined && known !== labels) throw new Error(`${family} has ${known} and ${labels}`);
    families.set(family, labels);
  }
  return new Map(Array.from(families, ([name, labels]) => [name, labels === '' ? [] : labels.split(',')]));
}
