/**
 * Figures of the broker as a whole: `rocketmq_broker_*` and `rocketmq_brokeruntime_*`, named and labelled as the official
 * rocketmq-exporter names what it learns from request codes 28 and 315.
 */
import { CURRENT_VERSION, versionDesc } from '@rocketmq-ts/protocol';
import { runtimeInfo } from '../control/runtime-info.ts';
import { StatsName } from '../stats/broker-statistics.ts';
import type { Exposition } from './exposition.ts';
import type { MetricsSource } from './metrics-source.ts';

const BROKER_LABELS = ['cluster', 'brokerIP', 'broker'];
const RUNTIME_LABELS = ['cluster', 'brokerIP', 'brokerHost', 'des', 'boottime', 'broker_version'];

/** Name after `rocketmq_brokeruntime_`, and the key of request code 28. */
const RUNTIME_KEYS = [
  ['msg_put_total_today_now', 'msgPutTotalTodayNow'],
  ['msg_gettotal_today_now', 'msgGetTotalTodayNow'],
  ['msg_puttotal_todaymorning', 'msgPutTotalTodayMorning'],
  ['msg_gettotal_todaymorning', 'msgGetTotalTodayMorning'],
  ['msg_puttotal_yesterdaymorning', 'msgPutTotalYesterdayMorning'],
  ['msg_gettotal_yesterdaymorning', 'msgGetTotalYesterdayMorning'],
  ['dispatch_behind_bytes', 'dispatchBehindBytes'],
  ['dispatch_maxbuffer', 'dispatchMaxBuffer'],
  ['put_message_size_total', 'putMessageSizeTotal'],
  ['putmessage_times_total', 'putMessageTimesTotal'],
  ['putmessage_entire_time_max', 'putMessageEntireTimeMax'],
  ['getmessage_entire_time_max', 'getMessageEntireTimeMax'],
  ['remain_transientstore_buffer_numbs', 'remainTransientStoreBufferNumbs'],
  ['start_accept_sendrequest_time', 'startAcceptSendRequestTimeStamp'],
  ['pagecache_lock_time_mills', 'pageCacheLockTimeMills'],
  ['commitlog_maxoffset', 'commitLogMaxOffset'],
  ['commitlog_minoffset', 'commitLogMinOffset'],
  ['send_threadpool_queue_size', 'sendThreadPoolQueueSize'],
  ['send_threadpoolqueue_capacity', 'sendThreadPoolQueueCapacity'],
  ['send_threadpoolqueue_headwait_timemills', 'sendThreadPoolQueueHeadWaitTimeMills'],
  ['pull_threadpoolqueue_size', 'pullThreadPoolQueueSize'],
  ['pull_threadpoolqueue_capacity', 'pullThreadPoolQueueCapacity'],
  ['pull_threadpoolqueue_headwait_timemills', 'pullThreadPoolQueueHeadWaitTimeMills'],
  ['query_threadpoolqueue_size', 'queryThreadPoolQueueSize'],
  ['query_threadpool_queue_capacity', 'queryThreadPoolQueueCapacity'],
  ['query_threadpoolqueue_headwait_timemills', 'queryThreadPoolQueueHeadWaitTimeMills'],
] as const;

/** Keys of request code 28 whose value is three rates: of ten seconds, a minute, ten minutes. */
const RATE_KEYS = [
  ['put_tps', 'putTps'],
  ['getfound_tps', 'getFoundTps'],
  ['getmiss_tps', 'getMissTps'],
  ['gettotal_tps', 'getTotalTps'],
  ['gettransfered_tps', 'getTransferedTps'],
] as const;

/** Classes of how long sends took, in the order of PutTimes. */
const PUT_TIME_NAMES = [
  '0ms',
  '0to10ms',
  '10to50ms',
  '50to100ms',
  '100to200ms',
  '200to500ms',
  '500to1s',
  '1to2s',
  '2to3s',
  '3to4s',
  '4to5s',
  '5to10s',
  '10stomore',
] as const;

export async function addBrokerMetrics(out: Exposition, source: MetricsSource): Promise<void> {
  const { control } = source;
  const { settings } = control;
  const info = await runtimeInfo(control);
  addTraffic(out, source);
  const labels = [
    settings.brokerClusterName,
    control.nameServers.brokerAddress,
    '',
    versionDesc(CURRENT_VERSION),
    control.bootTimestamp,
    CURRENT_VERSION,
  ];
  const add = (name: string, help: string, figure: number | undefined): void =>
    out.family(`rocketmq_brokeruntime_${name}`, help, RUNTIME_LABELS).add(labels, figure);
  for (const [name, key] of RUNTIME_KEYS) add(name, key, numberOf(info.get(key)));
  for (const [name, key] of RATE_KEYS) {
    const [ten, sixty, sixHundred] = info.get(key)?.split(' ') ?? [];
    add(`${name}10`, `${key} of ten seconds`, numberOf(ten));
    add(`${name}60`, `${key} of a minute`, numberOf(sixty));
    add(`${name}600`, `${key} of ten minutes`, numberOf(sixHundred));
  }
  control.counters.putTimes.lastMinute().forEach((count, index) => {
    const name = PUT_TIME_NAMES[index]!;
    add(`pmdt_${name}`, `Sends of the last minute that took ${name}`, count);
  });
  addStore(add, source, info);
  addMemory(out, source);
}

function addTraffic(out: Exposition, source: MetricsSource): void {
  const { settings, statistics, nameServers, store } = source.control;
  const labels = [settings.brokerClusterName, nameServers.brokerAddress, settings.brokerName];
  const perSecond = (name: StatsName): number =>
    // Nothing counted means that nothing came since the start.
    statistics.snapshots(name, settings.brokerClusterName)?.minute.tps ?? 0;
  out
    .family('rocketmq_broker_tps', 'Messages stored per second', BROKER_LABELS)
    .add(labels, rounded(perSecond(StatsName.BROKER_PUT_NUMS)));
  out
    .family('rocketmq_broker_qps', 'Messages handed to consumers per second', BROKER_LABELS)
    .add(labels, rounded(perSecond(StatsName.BROKER_GET_NUMS)));
  const behind = out.family(
    'rocketmq_broker_commitlog_diff',
    'Bytes of the log that a slave, brokerIP, does not hold yet',
    BROKER_LABELS,
  );
  for (const { address, ackedOffset } of source.slaves()) {
    const bytes = ackedOffset < 0 ? undefined : Math.max(0, store.maxPhysicalOffset - ackedOffset);
    behind.add([settings.brokerClusterName, address, settings.brokerName], bytes);
  }
}

function addStore(
  add: (name: string, help: string, figure: number | undefined) => void,
  source: MetricsSource,
  info: ReadonlyMap<string, string>,
): void {
  const { settings, store, platform } = source.control;
  const { appendedCount, appendedBytes } = store.counters();
  const average = appendedCount > 0 ? appendedBytes / appendedCount : undefined;
  add('put_message_average_size', 'putMessageAverageSize', average);
  add('remain_howmanydata_toflush', 'Bytes not yet synced', store.maxPhysicalOffset - store.durableOffset);
  // -1: there is no message, or no figure.
  add('earliest_message_timestamp', 'earliestMessageTimeStamp', known(info.get('earliestMessageTimeStamp')));
  add('commitlog_disk_ratio', 'commitLogDiskRatio', known(info.get('commitLogDiskRatio')));
  add('consumequeue_disk_ratio', 'consumeQueueDiskRatio', known(info.get('consumeQueueDiskRatio')));
  const space = platform.fileSystem.spaceSync(settings.storePathRootDir);
  add('commitlogdir_capacity_total', 'Bytes of the disk of the store', space.totalBytes);
  add('commitlogdir_capacity_free', 'Bytes free on the disk of the store', space.freeBytes);
}

/** What the exporter has no name for. */
function addMemory(out: Exposition, source: MetricsSource): void {
  const { settings, store } = source.control;
  const labels = ['cluster', 'broker'];
  const values = [settings.brokerClusterName, settings.brokerName];
  out
    .family('rocketmq_ts_connections', 'Connections that are open', labels)
    .add(values, source.connectionCount());
  const memory = store.memoryUse();
  const family = out.family('rocketmq_ts_store_memory_bytes', 'Memory that the store holds, by what for', [
    ...labels,
    'use',
  ]);
  family.add([...values, 'window'], memory.windowBytes);
  family.add([...values, 'pinned'], memory.pinnedBytes);
  family.add([...values, 'cold'], memory.coldBytes);
  out
    .family('rocketmq_ts_store_damaged_places', 'Places of the store found damaged since the start', labels)
    .add(values, store.damageCount);
}

function numberOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : Number(text);
}

function known(text: string | undefined): number | undefined {
  const value = numberOf(text);
  return value === undefined || value < 0 ? undefined : value;
}

/** The exporter tells rates with three places. */
export function rounded(rate: number): number {
  return Math.round(rate * 1000) / 1000;
}
