/** The table of request code 28. Keys from RocketMQ's AdminBrokerProcessor.prepareRuntimeInfo and StoreStatsService. */
import { CURRENT_VERSION, SCHEDULE_TOPIC, versionDesc } from '@rocketmq-ts/protocol';
import type { ControlContext } from './control-context.ts';

export async function runtimeInfo(context: ControlContext): Promise<Map<string, string>> {
  const { settings, store, statistics } = context;
  const info = new Map(store.runtimeInfo());
  const now = context.platform.clock.now();
  const put = (key: string, value: string | number): void => {
    info.set(key, String(value));
  };
  put('brokerVersionDesc', versionDesc(CURRENT_VERSION));
  put('brokerVersion', CURRENT_VERSION);
  put('bootTimestamp', context.bootTimestamp);
  put('runtime', durationText(now - context.bootTimestamp));
  for (const [key, value] of statistics.totals()) put(key, value);
  for (const [key, value] of context.rates.table()) put(key, value);
  putPools(context, put);
  put('earliestMessageTimeStamp', await store.earliestStoreTime());
  put('startAcceptSendRequestTimeStamp', settings.startAcceptSendRequestTimeStamp);
  put('remainHowManyDataToFlush', bytesText(store.maxPhysicalOffset - store.durableOffset));
  const space = context.platform.fileSystem.spaceSync(settings.storePathRootDir);
  put(
    'commitLogDirCapacity',
    `Total : ${bytesText(space.totalBytes)}, Free : ${bytesText(space.freeBytes)}.`,
  );
  for (const [key, value] of context.dataPathInfo()) put(key, value);
  for (const [level, offset] of context.delayOffsets()) {
    put(`scheduleMessageOffset_${level}`, `${offset},${store.maxOffset(SCHEDULE_TOPIC, level - 1)}`);
  }
  return info;
}

/** What the thread pools of RocketMQ tell; there are none here, so that nothing waits in them. */
function putPools(context: ControlContext, put: (key: string, value: string | number) => void): void {
  const { settings, counters, store } = context;
  const { appendedCount, appendedBytes } = store.counters();
  const capacities = {
    send: settings.sendThreadPoolQueueCapacity,
    pull: settings.pullThreadPoolQueueCapacity,
    query: settings.queryThreadPoolQueueCapacity,
  };
  for (const [pool, capacity] of Object.entries(capacities)) {
    put(`${pool}ThreadPoolQueueSize`, 0);
    put(`${pool}ThreadPoolQueueCapacity`, capacity);
    put(`${pool}ThreadPoolQueueHeadWaitTimeMills`, 0);
  }
  put('EndTransactionQueueSize', 0);
  put('EndTransactionThreadPoolQueueCapacity', settings.endTransactionPoolQueueCapacity);
  put('dispatchMaxBuffer', 0);
  put('dispatchBehindBytes', 0);
  put('pageCacheLockTimeMills', 0);
  put('remainTransientStoreBufferNumbs', 2 ** 31 - 1);
  put('putMessageTimesTotal', appendedCount);
  put('putMessageSizeTotal', appendedBytes);
  put('putMessageAverageSize', appendedCount > 0 ? appendedBytes / appendedCount : 0);
  put('putMessageDistributeTime', counters.putTimes.text());
  put('putMessageEntireTimeMax', Math.round(counters.putEntireTimeMaxMs));
  put('getMessageEntireTimeMax', Math.round(counters.getEntireTimeMaxMs));
}

function durationText(durationMs: number): string {
  const seconds = Math.max(0, Math.floor(durationMs / 1000));
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3_600);
  const minutes = Math.floor((seconds % 3_600) / 60);
  return `[ ${days} days, ${hours} hours, ${minutes} minutes, ${seconds % 60} seconds ]`;
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
  let unit = 0;
  let value = bytes;
  for (; value >= 1024 && unit < units.length - 1; unit++) value /= 1024;
  return unit === 0 ? `${bytes} B` : `${value.toFixed(1)} ${units[unit]}`;
}
