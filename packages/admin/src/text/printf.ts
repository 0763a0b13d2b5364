/**
 * Java's `String.format`, as far as mqadmin's formats go: %s, %d, %f with flags `-` and `0`, width and precision, %n
 * and %%. A number given to %s is printed as it is; null and undefined are `null`.
 */
export type PrintfArgument = string | number | bigint | boolean | null | undefined;

const DIRECTIVE = /%([-0]*)(\d+)?(?:\.(\d+))?([sdfn%])/g;

export function printf(format: string, ...args: readonly PrintfArgument[]): string {
  let next = 0;
  return format.replace(DIRECTIVE, (_, flags: string, width?: string, precision?: string, kind?: string) => {
    if (kind === 'n') return '\n';
    if (kind === '%') return '%';
    const argument = args[next++];
    const text = kind === 'f' ? Number(argument).toFixed(Number(precision ?? 6)) : String(argument ?? null);
    const size = Number(width ?? 0);
    if (flags.includes('-')) return text.padEnd(size);
    return flags.includes('0') ? text.padStart(size, '0') : text.padStart(size);
  });
}

/** The first characters of a text that is longer. Counterpart: UtilAll.frontStringAtLeast. */
export function front(text: string, length: number): string {
  return text.slice(0, length);
}
