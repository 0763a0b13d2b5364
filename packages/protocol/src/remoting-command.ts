/**
 * One frame of the remoting protocol as an object (`RemotingCommand`). The codec of whole frames is in `frame.ts`;
 * for the per-message path see HeaderView, which reads headers without objects.
 */
export const SerializeType = { JSON: 0, ROCKETMQ: 1 } as const;
export type SerializeType = (typeof SerializeType)[keyof typeof SerializeType];

export const FLAG_RESPONSE = 1;
export const FLAG_ONEWAY = 2;

export interface RemotingCommand {
  code: number;
  language: number;
  version: number;
  /** Int32, chosen by the asking side; an answer repeats it. */
  opaque: number;
  /** FLAG_RESPONSE, FLAG_ONEWAY. */
  flag: number;
  remark: string | undefined;
  /** In the order of the wire. An empty map is not written. */
  ext: Map<string, string>;
  body: Buffer | undefined;
  serializeType: SerializeType;
}
