/** The header format of what a process sends by itself: ROCKETMQ_SERIALIZE_TYPE, `JSON` unless it says `ROCKETMQ`. */
import { SerializeType } from '@rocketmq-ts/protocol';

export function serializeTypeName(environment: NodeJS.ProcessEnv = process.env): 'JSON' | 'ROCKETMQ' {
  return environment.ROCKETMQ_SERIALIZE_TYPE === 'ROCKETMQ' ? 'ROCKETMQ' : 'JSON';
}

export function serializeType(environment: NodeJS.ProcessEnv = process.env): SerializeType {
  return SerializeType[serializeTypeName(environment)];
}
