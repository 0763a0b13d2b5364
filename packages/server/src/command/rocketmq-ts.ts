#!/usr/bin/env node
/** `rocketmq-ts`, `npm start`: name server and broker in one process, checked by a message through it. */
import { runCommand } from '../process/run-command.ts';
import { runServerCommand } from '../server-command.ts';

await runCommand('rocketmq-ts', runServerCommand);
