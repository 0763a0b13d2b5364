#!/usr/bin/env node
/** `mqbroker`: one broker. */
import { runBrokerCommand } from '../broker-command.ts';
import { runCommand } from '../process/run-command.ts';

await runCommand('mqbroker', runBrokerCommand);
