/** How this broker names itself in the answers it encodes itself. */
import { CURRENT_VERSION, LanguageCode } from '@rocketmq-ts/protocol';

/** As `Connection.respond` of the remoting package does: 4.4.0 peers know no name for Node. */
export const ANSWER_LANGUAGE = LanguageCode.JAVA;
export const ANSWER_VERSION = CURRENT_VERSION;
