/**
 * Language codes of the frame header (`LanguageCode`): the name travels in JSON headers, the number in binary ones.
 *
 * RUST and NODE_JS exist in 5.x only. A 4.4.0 Java peer reads an unknown name as null and fails later on, so we
 * announce OTHER to it.
 */
export const LanguageCode = {
  JAVA: 0,
  CPP: 1,
  DOTNET: 2,
  PYTHON: 3,
  DELPHI: 4,
  ERLANG: 5,
  RUBY: 6,
  OTHER: 7,
  HTTP: 8,
  GO: 9,
  PHP: 10,
  OMS: 11,
  RUST: 12,
  NODE_JS: 13,
} as const;

const NAMES = Object.keys(LanguageCode);
const CODES = new Map<string, number>(Object.entries(LanguageCode));

/** Name of a language code; `OTHER` for one that no version declares. */
export function languageName(language: number): string {
  return NAMES[language] ?? 'OTHER';
}

/** Code of a language name; OTHER for an unknown name. */
export function languageCodeOf(name: string): number {
  return CODES.get(name) ?? LanguageCode.OTHER;
}

/** The code itself if some version declares it, otherwise OTHER. */
export function knownLanguage(language: number): number {
  return language >= 0 && language < NAMES.length ? language : LanguageCode.OTHER;
}
