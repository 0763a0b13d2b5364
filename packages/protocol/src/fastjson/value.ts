/**
 * The values of the JSON dialect that Java's fastjson reads and writes.
 *
 * It differs from JSON in that keys may be numbers or whole objects (`{{"topic":"T"}:7}`), so objects are Maps, and
 * in that integers are 64-bit: those beyond JavaScript's safe integers are bigints, all others numbers.
 */
export type FastjsonKey = string | number | FastjsonObject;
export type FastjsonObject = Map<FastjsonKey, FastjsonValue>;
export type FastjsonValue = null | boolean | number | bigint | string | FastjsonValue[] | FastjsonObject;

/** A number that Java holds as float or double: written with a decimal point or exponent (`0.0`, `1.5E10`). */
export class FastjsonDouble {
  readonly value: number;
  constructor(value: number) {
    this.value = value;
  }
}

/**
 * A value that writes its own text, for tables so large that building values only to write them would cost too much.
 * `depth` is what the value is indented by when `pretty`.
 */
export class FastjsonText {
  readonly write: (pretty: boolean, depth: number) => string;
  constructor(write: (pretty: boolean, depth: number) => string) {
    this.write = write;
  }
}

/**
 * A Java bean to be written: the keys are sorted, undefined and null are left out.
 * A Map, in contrast, is written in its own order, as Java writes its maps.
 */
export interface FastjsonBean {
  readonly [key: string]: FastjsonWritable | undefined;
}

/** What `stringifyFastjson` takes: parsed values, and besides them beans, doubles, sets and texts. */
export type FastjsonWritable =
  | null
  | boolean
  | number
  | bigint
  | string
  | FastjsonDouble
  | FastjsonText
  | readonly FastjsonWritable[]
  | ReadonlySet<FastjsonWritable>
  | ReadonlyMap<string | number | FastjsonBean | FastjsonObject, FastjsonWritable>
  | FastjsonBean;
