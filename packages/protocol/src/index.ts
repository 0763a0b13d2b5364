export { AclField, type SessionCredentials, signRequest, verifySignature } from './acl-signing.ts';
export { decodeBinaryHeader, encodeBinaryHeader } from './binary-header.ts';
export type { BodyCodec, ValueCodec } from './bodies/body-codec.ts';
export * as bodyCodecs from './bodies/body-codec.ts';
export * from './bodies/connections.ts';
export * from './bodies/heartbeat.ts';
export * from './bodies/lists.ts';
export * from './bodies/lock-batch.ts';
export { messageQueueCodec } from './bodies/message-queue.ts';
export * from './bodies/offset-tables.ts';
export * from './bodies/register-broker.ts';
export * from './bodies/route.ts';
export * from './bodies/running-info.ts';
export * from './bodies/stats.ts';
export * from './bodies/subscription.ts';
export * from './bodies/topic-config.ts';
export { ByteInterner } from './byte-interner.ts';
export { decimalDigits, parseDecimal, writeDecimal } from './decimal.ts';
export { type ParseFastjsonOptions, parseFastjson } from './fastjson/parse.ts';
export { type Plain, plain } from './fastjson/plain.ts';
export { quoteFastjson } from './fastjson/string.ts';
export { javaDoubleText, type StringifyFastjsonOptions, stringifyFastjson } from './fastjson/stringify.ts';
export {
  type FastjsonBean,
  FastjsonDouble,
  type FastjsonKey,
  type FastjsonObject,
  type FastjsonValue,
  type FastjsonWritable,
} from './fastjson/value.ts';
export { decodeCommand, decodeHeader, encodeCommand, FRAME_PREFIX_BYTES, MAX_HEADER_BYTES } from './frame.ts';
export { HeaderKey, HeaderView } from './header-view.ts';
export { ExtReader } from './headers/ext-reader.ts';
export * from './headers/request-headers.ts';
export { decodeJsonHeader, encodeJsonHeader, jsonHeaderText } from './json-header.ts';
export { knownLanguage, LanguageCode, languageCodeOf, languageName } from './language-code.ts';
export * from './message/batch.ts';
export * from './message/compression.ts';
export { crc32 } from './message/crc32.ts';
export { intToIpv4, ipv4ToInt, parseHost } from './message/host.ts';
export { readInt64, writeInt64 } from './message/int64.ts';
export {
  compareMessageQueues,
  type Message,
  type MessageExt,
  type MessageQueue,
  messageQueueKey,
} from './message/message.ts';
export {
  createOffsetMsgId,
  decodeOffsetMsgId,
  OFFSET_MSG_ID_LENGTH,
  type OffsetMsgId,
  writeHex32,
  writeOffsetMsgId,
} from './message/message-id.ts';
export * from './message/properties.ts';
export * from './message/record.ts';
export * from './message/sys-flag.ts';
export { javaHashCode, javaHashCodeOfBytes } from './message/tags-code.ts';
export * from './message/unique-id.ts';
export { CURRENT_VERSION, MQVersion, versionDesc } from './mq-version.ts';
export { nearestName } from './nearest-name.ts';
export { formatProperties, parseProperties } from './properties-file.ts';
export { ProtocolError, type ProtocolErrorCode } from './protocol-error.ts';
export { FLAG_ONEWAY, FLAG_RESPONSE, type RemotingCommand, SerializeType } from './remoting-command.ts';
export { RequestCode, requestCodeName } from './request-code.ts';
export { ResponseCode, responseCodeName } from './response-code.ts';
export * from './topic-names.ts';
export { unescapeInto } from './unescape.ts';
