/**
 * `store inspect|dump|verify|repair FOLDER`: looks at, checks and mends the store of a broker that does not run, ours or Java's.
 * Ends with 1 when something is damaged and not mended. Not in 4.4.0.
 */
import { resolve } from 'node:path';
import {
  dumpStore,
  inspectStore,
  OfflineStore,
  repairStore,
  type VerifyResult,
  verifyStore,
} from '@rocketmq-ts/store';
import { AdminError } from '../admin-error.ts';
import { type Command, type CommandContext, option, ownOption } from '../command-line/command.ts';
import type { CommandOptions } from '../command-line/command-options.ts';
import { messageValue } from '../command-line/report.ts';
import { dateTimeMillis } from '../text/date-text.ts';

const ACTIONS = ['inspect', 'dump', 'verify', 'repair'];
/** Lines of what is wrong that are printed of each kind; JSON has more. */
const MAX_LINES = 50;

export const command: Command = {
  name: 'store',
  options: [
    option('l', 'commitLog', "the log's folder, when it is not commitlog in FOLDER (storePathCommitLog)"),
    option('t', 'topic', 'dump: only this topic'),
    ownOption('offset', 'dump: begin there, an offset of the log'),
    ownOption('count', 'dump: end after so many records; 32 unless given'),
    ownOption('delayLevels', 'repair: messageDelayLevel of the broker, where it is set'),
  ],
  changes: (options) => options.words[0] === 'repair',
  local: true,
  words: [ACTIONS.join('|'), 'FOLDER'],
  async run(context) {
    const { options, platform, workingFolder, progress } = context;
    const [action, folder] = options.words;
    if (action === undefined || !ACTIONS.includes(action) || folder === undefined)
      throw new AdminError(
        'ADMIN_USAGE',
        'store takes inspect, dump, verify or repair, and the folder of the store',
      );
    let shown = -1;
    const commitLog = options.optional('commitLog');
    const store = new OfflineStore(platform, {
      folder: resolve(workingFolder, folder),
      commitLogFolder: commitLog === undefined ? undefined : resolve(workingFolder, commitLog),
      onProgress: (done, total) => {
        if (shown < 0) progress.begin(`store ${action}`, total);
        progress.advance(done - Math.max(0, shown));
        shown = done;
      },
    });
    try {
      if (action === 'inspect') inspect(context, store);
      else if (action === 'dump') await dump(context, store, options);
      else if (action === 'verify') await verify(context, store);
      else await repair(context, store, options);
    } finally {
      store.close();
    }
  },
};

function inspect({ report }: CommandContext, store: OfflineStore): void {
  const found = inspectStore(store);
  const { log, checkpoint } = found;
  report.line(`folder      ${found.folder}`);
  report.line(`last stop   ${found.cleanStop ? 'clean' : 'not clean: the next start recovers'}`);
  report.line(
    `log         ${log.fileCount} files of ${log.fileBytes} bytes, from offset ${log.minOffset}, in ${log.folder}`,
  );
  if (log.completeTo !== undefined) report.line(`complete    to offset ${log.completeTo}`);
  else report.line('complete    not known: another program wrote last');
  const times = [checkpoint.physicMsgTimestamp, checkpoint.logicsMsgTimestamp, checkpoint.indexMsgTimestamp];
  const [physic, logics, index] = times.map((time) => (time > 0 ? dateTimeMillis(time) : '-'));
  report.line(`checkpoint  log ${physic}, queues ${logics}, index ${index}`);
  report.line(`index       ${found.indexFiles.length} files`);
  report.line(`checksums   of ${found.checksumFiles} files`);
  for (const { topic, queues } of found.topics) {
    const shown = queues.map(
      ({ queueId, minOffset, maxOffset }) => `${queueId}: ${minOffset} to ${maxOffset}`,
    );
    report.line(`topic       ${topic}  ${shown.join(', ')}`);
  }
  report.value(found);
}

async function dump({ report }: CommandContext, store: OfflineStore, options: CommandOptions): Promise<void> {
  const topic = options.optional('topic');
  let left = options.integer('count', 32, 1);
  await dumpStore(store, options.integer('offset', 0), ({ physicalOffset, sizeBytes, message, damage }) => {
    if (message === undefined) {
      report.line(`${physicalOffset}  ${sizeBytes} bytes  DAMAGED: ${damage}`);
      report.item({ physicalOffset, sizeBytes, damage });
    } else if (topic === undefined || message.topic === topic) {
      const { queueId, queueOffset, storeTimestamp, properties, body } = message;
      const keys = [properties.get('KEYS'), properties.get('TAGS')].map((text) => text ?? '-').join('  ');
      report.line(
        `${physicalOffset}  ${sizeBytes} bytes  ${message.topic} ${queueId} ${queueOffset}  ${dateTimeMillis(storeTimestamp)}  ${keys}  body ${body.length} bytes`,
      );
      report.item({ physicalOffset, sizeBytes, ...messageValue(message) });
    } else {
      return true;
    }
    return --left > 0;
  });
}

async function verify({ report }: CommandContext, store: OfflineStore): Promise<void> {
  const found = await verifyStore(store);
  describe(report, found);
  report.value(found);
  if (!found.isIntact) throw damaged(found, 'store repair mends what can be mended');
}

async function repair(context: CommandContext, store: OfflineStore, options: CommandOptions): Promise<void> {
  const { report, dryRun } = context;
  const found = await verifyStore(store);
  describe(report, found);
  const steps = await repairStore(store, found, {
    dryRun,
    messageDelayLevel: options.optional('delayLevels'),
  });
  for (const { file, what } of steps) report.line(`${dryRun ? 'would be done' : 'done'}: ${file} ${what}`);
  if (dryRun) {
    report.value({ dryRun, found, steps });
    return;
  }
  const after = await verifyStore(store);
  // What the next start builds is mended.
  const built = new Set(steps.filter(({ what }) => what.includes('next start')).map(({ file }) => file));
  const leftover = after.brokenFiles.filter(({ file }) => !built.has(file));
  const isMended = after.damage.length === 0 && after.wrongUnitCount === 0 && leftover.length === 0;
  report.line(isMended ? 'the store is intact' : 'not all could be mended');
  report.value({ dryRun, found, steps, lostMessages: found.lostMessages, isMended });
  if (!isMended) throw damaged(after, 'this could not be mended');
}

function describe(report: CommandContext['report'], found: VerifyResult): void {
  const uncovered =
    found.uncoveredCount > 0 ? `, ${found.uncoveredCount} of them without a checksum of their own` : '';
  report.line(`${found.recordCount} records in ${found.logBytes} bytes${uncovered}`);
  const lines = <T>(items: readonly T[], text: (item: T) => string): void => {
    for (const item of items.slice(0, MAX_LINES)) report.line(text(item));
    if (items.length > MAX_LINES) report.line(`  and ${items.length - MAX_LINES} more`);
  };
  lines(
    found.damage,
    (each) => `damaged: ${each.file} at offset ${each.offset}, ${each.sizeBytes} bytes: ${each.what}`,
  );
  lines(
    found.lostMessages,
    (each) => `  lost: ${each.topic} queue ${each.queueId} offset ${each.queueOffset}`,
  );
  lines(
    found.wrongUnits,
    (each) =>
      `wrong: ${each.topic} queue ${each.queueId}: offset ${each.queueOffset} ${each.what}, its record is at ${each.physicalOffset}`,
  );
  lines(
    found.brokenFiles,
    (each) => `broken: ${each.file} ${each.what}${each.hasBackup ? '; its backup is good' : ''}`,
  );
  if (found.tornBytes > 0)
    report.line(
      `${found.tornBytes} bytes of a torn tail at offset ${found.endOffset}: the next start clears them`,
    );
}

function damaged(found: VerifyResult, hint: string): AdminError {
  const counts = [
    [found.damage.length, 'damaged parts of the log'],
    [found.wrongUnitCount, 'wrong units of queues'],
    [found.brokenFiles.length, 'broken files'],
  ] as const;
  const text = counts.flatMap(([count, name]) => (count > 0 ? [`${count} ${name}`] : [])).join(', ');
  return new AdminError('ADMIN_STORE_DAMAGED', `${text}; ${hint}`);
}
