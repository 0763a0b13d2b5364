import { readFileSync } from 'node:fs';

/** Loads the recorded frames and vectors; see fixtures/README.md for what they are. */
export interface CapturedFrame {
  code: number;
  side: 'request' | 'response';
  at: string;
  answer?: number;
  oneway?: boolean;
  serialize?: number;
  frame: Buffer;
}

/** A vector of the official classes; `text()` fails when the field is missing. */
export interface JavaVector {
  kind: string;
  has(field: string): boolean;
  text(field: string): string;
  number(field: string): number;
  json(field: string): unknown;
  bytes(field: string): Buffer;
}

function lines(name: string): Record<string, unknown>[] {
  // from dist/test, where this runs, to test
  const url = new URL(`../../test/fixtures/${name}`, import.meta.url);
  return readFileSync(url, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

export const capturedFrames: readonly CapturedFrame[] = lines('frames-4.4.0.jsonl').map((line) => ({
  ...(line as unknown as CapturedFrame),
  frame: Buffer.from(String(line.frame), 'hex'),
}));

/** The captured bodies of one side of one request code, without empty ones. */
export function capturedBodies(code: number, side: 'request' | 'response'): Buffer[] {
  return capturedFrames
    .filter((captured) => captured.code === code && captured.side === side && captured.serialize !== 1)
    .map(({ frame }) => frame.subarray(8 + (frame.readInt32BE(4) & 0xffffff)))
    .filter((body) => body.length > 0);
}

/** The header bytes of the captured frames with this serialize type. */
export function capturedHeaders(serializeType: number): Buffer[] {
  return capturedFrames
    .filter((captured) => (captured.serialize ?? 0) === serializeType)
    .map(({ frame }) => frame.subarray(8, 8 + (frame.readInt32BE(4) & 0xffffff)));
}

export function javaVectors(kind: string): JavaVector[] {
  const found = lines('java-vectors-4.4.0.jsonl').filter((line) => line.kind === kind);
  if (found.length === 0) throw new Error(`no vectors of kind ${kind}`);
  return found.map((line) => ({
    kind,
    has: (field) => field in line,
    text(field) {
      const value = line[field];
      if (typeof value !== 'string') throw new Error(`${kind} vector has no text ${field}`);
      return value;
    },
    number: (field) => Number(line[field]),
    json: (field) => line[field],
    bytes: (field) => Buffer.from(String(line[field]), 'hex'),
  }));
}
