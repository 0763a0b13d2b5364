/** Owns the outcomes of a pull as the store sees them (RocketMQ's GetMessageStatus). */
export const GetMessageStatus = {
  FOUND: 0,
  NO_MATCHED_MESSAGE: 1,
  MESSAGE_WAS_REMOVING: 2,
  OFFSET_FOUND_NULL: 3,
  OFFSET_OVERFLOW_BADLY: 4,
  OFFSET_OVERFLOW_ONE: 5,
  OFFSET_TOO_SMALL: 6,
  NO_MATCHED_LOGIC_QUEUE: 7,
  NO_MESSAGE_IN_QUEUE: 8,
} as const;
export type GetMessageStatus = (typeof GetMessageStatus)[keyof typeof GetMessageStatus];

const NAMES = Object.keys(GetMessageStatus);

/** The name that Java puts into the remark of a pull's answer. */
export function getMessageStatusName(status: GetMessageStatus): string {
  return NAMES[status] as string;
}
