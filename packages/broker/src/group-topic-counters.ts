/** What one group did with one topic, counted where it happens. */
import type { GroupEntry, GroupTopicCounters } from './broker-context.ts';

/** The counters of the group for the topic, made when first asked for. */
export function groupTopicCounters(group: GroupEntry, topic: string): GroupTopicCounters {
  const known = group.counters.get(topic);
  if (known !== undefined) return known;
  const fresh: GroupTopicCounters = {
    getNums: 0,
    getSizeBytes: 0,
    getLatencyMs: 0,
    getTimes: 0,
    getFromDiskNums: 0,
    getFromDiskSizeBytes: 0,
    sendBackNums: 0,
  };
  group.counters.set(topic, fresh);
  return fresh;
}
