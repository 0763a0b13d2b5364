/**
 * `exportMsg`: writes the messages of a topic to a file, one JSON document a line, as printMsg -o json prints them. Called
 * again after it was stopped it goes on where it was, and no message is in the file twice. Not in 4.4.0.
 */
import { resolve } from 'node:path';
import type { OpenFile } from '@rocketmq-ts/platform';
import { AdminError } from '../admin-error.ts';
import { Checkpoint } from '../command-line/checkpoint.ts';
import { type Command, type CommandContext, option, ownFlag, required } from '../command-line/command.ts';
import { messageFilter, SQL } from '../command-line/message-filter.ts';
import { jsonText, messageValue } from '../command-line/report.ts';
import { type Position, queueRanges, scanQueue } from '../command-line/scan-queues.ts';

/** How far a queue is, and how long the file was then: one line of the checkpoint, so that both are true together. */
interface Written extends Position {
  readonly sizeBytes: number;
  readonly messages: number;
}

export const command: Command = {
  name: 'exportMsg',
  options: [
    required('t', 'topic', 'topic name'),
    required('f', 'file', 'file to write; beside it FILE.part tells, until all is done, how far it is'),
    option('s', 'subExpression', 'tags, eg: TagA || TagB'),
    SQL,
    option('b', 'beginTimestamp', 'begin there[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    option('e', 'endTimestamp', 'end there[currentTimeMillis|yyyy-MM-dd#HH:mm:ss:SSS]'),
    ownFlag('replace', 'overwrite a file that is there'),
  ],
  async run(context) {
    const { options, platform, workingFolder, report } = context;
    const { fileSystem } = platform;
    const path = resolve(workingFolder, options.text('f'));
    const part = `${path}.part`;
    if (fileSystem.existsSync(path) && !fileSystem.existsSync(part) && !options.has('replace'))
      throw new AdminError('ADMIN_USAGE', `${path} is there already; --replace overwrites it`);
    const subject = `exportMsg ${options.summary(['output', 'replace', 'context', 'namesrvAddr'])}`;
    const checkpoint = Checkpoint.open<Written>(fileSystem, part, subject);
    const resumed = checkpoint.values().length > 0;
    const file = fileSystem.openSync(path, 'create');
    let messages: number;
    try {
      messages = await write(context, file, checkpoint);
      await file.datasync();
    } catch (error) {
      checkpoint.close();
      throw error;
    } finally {
      file.closeSync();
    }
    checkpoint.finish();
    report.line(`${messages} messages written to ${path}${resumed ? ', gone on from where it was' : ''}`);
    report.value({ topic: options.text('t'), file: path, messages, resumed });
  },
};

/** Answers how many messages are in the file. */
async function write(
  context: CommandContext,
  file: OpenFile,
  checkpoint: Checkpoint<Written>,
): Promise<number> {
  const matches = await messageFilter(context.options);
  const queues = await context.admin.fetchSubscribeMessageQueues(context.options.text('t'));
  let sizeBytes = Math.max(0, ...checkpoint.values().map((each) => each.sizeBytes));
  let count = Math.max(0, ...checkpoint.values().map((each) => each.messages));
  // What was written after the last line of the checkpoint is read again.
  file.truncateSync(sizeBytes);
  for (const range of await queueRanges(context, queues, checkpoint, 'exportMsg')) {
    await scanQueue(context, range, checkpoint, ({ messages }) => {
      const wanted = messages.filter((message) => message.queueOffset < range.end && matches(message));
      const bytes = Buffer.from(wanted.map((message) => `${jsonText(messageValue(message))}\n`).join(''));
      for (let done = 0; done < bytes.length; )
        done += file.writeSync(bytes, done, bytes.length - done, sizeBytes + done);
      sizeBytes += bytes.length;
      count += wanted.length;
      return { sizeBytes, messages: count };
    });
  }
  return count;
}
