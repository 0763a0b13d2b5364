#!/usr/bin/env node
/** `tools.sh EXAMPLE`, `mqtools EXAMPLE`: runs one of the examples. Counterpart: bin/tools.sh. */
import { findExample, toolsUsage } from '../examples.ts';
import { UsageError } from '../process/failure.ts';
import { runCommand } from '../process/run-command.ts';

await runCommand('tools', async ([name]) => {
  if (name === undefined || name === '-h' || name === '--help') {
    console.log(toolsUsage);
    return;
  }
  const example = findExample(name);
  if (example === undefined) throw new UsageError(`there is no example ${name}\n${toolsUsage}`);
  await example.run(process.env.NAMESRV_ADDR || 'localhost:9876');
});
