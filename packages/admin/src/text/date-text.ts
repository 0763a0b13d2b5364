/**
 * Times as mqadmin prints and reads them, in the local time zone. Counterpart: UtilAll's date formats.
 */
import { AdminError } from '../admin-error.ts';

/** `2020-01-02 03:04:05` */
export function dateTime(timestamp: number): string {
  const date = new Date(timestamp);
  const day = `${pad(date.getFullYear(), 4)}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
  return `${day} ${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

/** `2020-01-02 03:04:05,678` */
export function dateTimeMillis(timestamp: number): string {
  return `${dateTime(timestamp)},${pad(new Date(timestamp).getMilliseconds(), 3)}`;
}

/** `20200102030405678` */
export function compactTime(timestamp: number): string {
  return dateTimeMillis(timestamp).replace(/[^0-9]/g, '');
}

/** Milliseconds since the epoch, or `yyyy-MM-dd#HH:mm:ss:SSS`. Throws ADMIN_USAGE. */
export function parseTimestamp(text: string): number {
  if (/^-?\d+$/.test(text)) return Number(text);
  const parts = /^(\d{4})-(\d{1,2})-(\d{1,2})#(\d{1,2}):(\d{1,2}):(\d{1,2}):(\d{1,3})$/.exec(text);
  if (parts === null) {
    throw new AdminError(
      'ADMIN_USAGE',
      `"${text}" is no time; give milliseconds since 1970, or yyyy-MM-dd#HH:mm:ss:SSS`,
    );
  }
  const [year, month, day, hour, minute, second, millis] = parts.slice(1).map(Number);
  return new Date(year!, month! - 1, day, hour, minute, second, millis).getTime();
}

function pad(value: number, digits = 2): string {
  return String(value).padStart(digits, '0');
}
