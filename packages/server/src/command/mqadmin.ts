#!/usr/bin/env node
/** `mqadmin COMMAND`: administers a cluster, ours or Apache RocketMQ's. Counterpart: bin/mqadmin. */
import { runMqadmin } from '@rocketmq-ts/admin';
import { rocketmqHome } from '../process/environment.ts';
import { ExitCode } from '../process/exit-code.ts';

// Whoever reads the output may stop reading: `mqadmin topicList | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.OK : ExitCode.FAILED);
});

process.exitCode = await runMqadmin({
  args: process.argv.slice(2),
  rocketmqHome: rocketmqHome(),
  workingFolder: process.cwd(),
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
});
