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
