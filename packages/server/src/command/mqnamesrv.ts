#!/usr/bin/env node
/** `mqnamesrv`: one name server. */
import { runNamesrvCommand } from '../namesrv-command.ts';
import { runCommand } from '../process/run-command.ts';

await runCommand('mqnamesrv', runNamesrvCommand);
