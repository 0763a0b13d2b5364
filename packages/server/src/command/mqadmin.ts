#!/usr/bin/env node
/** `mqadmin COMMAND`: administers a cluster, ours or Apache RocketMQ's. Counterpart: bin/mqadmin. */
import { createInterface } from 'node:readline/promises';
import { runMqadmin } from '@rocketmq-ts/admin';
import { rocketmqHome } from '../process/environment.ts';
import { ExitCode } from '../process/exit-code.ts';

// Whoever reads the output may stop reading: `mqadmin topicList | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? ExitCode.OK : ExitCode.FAILED);
});

// A terminal that does not tell its width has the usual one.
const columns = process.stderr.isTTY ? process.stderr.columns || 80 : undefined;

async function ask(question: string): Promise<string> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await terminal.question(question);
  } finally {
    terminal.close();
  }
}

process.exitCode = await runMqadmin({
  args: process.argv.slice(2),
  rocketmqHome: rocketmqHome(),
  workingFolder: process.cwd(),
  columns,
  ask: columns !== undefined && process.stdin.isTTY ? ask : undefined,
  write: (text) => process.stdout.write(text),
  writeError: (text) => process.stderr.write(text),
});
