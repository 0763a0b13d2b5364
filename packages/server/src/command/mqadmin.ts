#!/usr/bin/env node
/** `mqadmin`: not there yet. Says so, and what does the same today. */
import { ExitCode } from '../process/exit-code.ts';

console.error(
  [
    'mqadmin is not part of rocketmq-ts yet.',
    "Apache RocketMQ 4.4.0's own mqadmin works with our name server and broker: sh bin/mqadmin COMMAND -n HOST:9876",
    'from an unpacked Apache RocketMQ 4.4.0. docs/compatibility.md lists the request codes that our broker answers.',
  ].join('\n'),
);
process.exitCode = ExitCode.USAGE;
