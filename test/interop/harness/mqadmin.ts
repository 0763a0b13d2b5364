/**
 * The official mqadmin and ours on one cluster: what they print, made comparable.
 *
 * Masked: times, rates, message counts by the minute, message ids, client ids and ports, offsets in the commit log, queue
 * offsets of messages just sent, durations. Lines are sorted, since the official one prints sets in no order.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runMqadmin } from '@rocketmq-ts/admin';
import { startJavaMain } from './java.ts';
import { type Pair, sleep } from './pair.ts';
import { temporaryFolder } from './server.ts';

export interface Outcome {
  readonly output: string;
  readonly errors: string;
}

/** Words of a command line; quotes keep spaces. */
export function words(command: string): string[] {
  return (command.match(/"[^"]*"|\S+/g) ?? []).map((word) => word.replaceAll('"', ''));
}

/** All commands in one virtual machine; outcomes in their order. */
export async function officialMqadmin(pair: Pair, commands: readonly string[]): Promise<Outcome[]> {
  const home = toolsHome();
  const file = join(home, 'commands');
  const lines = commands.map((command) => [...words(command), '-n', pair.namesrv.address].join('\t'));
  writeFileSync(file, lines.join('\n'));
  const program = await startJavaMain('AdminBatch', [file], {
    properties: { 'rocketmq.home.dir': home },
    env: { ROCKETMQ_HOME: home },
    home,
    cwd: home,
  });
  await program.waitForExit(240_000);
  const outputs = split(program.lines.filter((line) => !/^RocketMQLog| (DEBUG|INFO|WARN) /.test(line)));
  const errors = split(program.errorLines);
  return commands.map((_, i) => ({ output: outputs.get(i) ?? '', errors: errors.get(i) ?? '' }));
}

/** One after the other, in this process; `pauseMs` lets servers apply what they have answered already. */
export async function ourMqadmin(
  pair: Pair,
  commands: readonly string[],
  pauseMs = 300,
): Promise<(Outcome & { exitCode: number })[]> {
  const home = toolsHome();
  const outcomes = [];
  for (const command of commands) {
    let output = '';
    let errors = '';
    const exitCode = await runMqadmin({
      args: [...words(command), '-n', pair.namesrv.address],
      rocketmqHome: home,
      workingFolder: home,
      write: (text) => {
        output += text;
      },
      writeError: (text) => {
        errors += text;
      },
    });
    outcomes.push({ output, errors, exitCode });
    await sleep(pauseMs);
  }
  return outcomes;
}

export function normal(pair: Pair, command: string, output: string): string {
  const keysOnly = command.startsWith('brokerStatus');
  return (
    output
      .replaceAll('minOffset=', '\nminOffset=')
      .replaceAll('MSGID:', '\nMSGID:')
      .replaceAll('MessageTrack [', '\nMessageTrack [')
      .replace(/\nAlso, not in RocketMQ 4.4.0:[\s\S]*/, '')
      .replaceAll(pair.broker.address, 'BROKER')
      .replaceAll(pair.namesrv.address, 'NAMESRV')
      .replaceAll(/\b\d+\.\d+\.\d+\.\d+@\S+/g, 'CLIENT-ID')
      .replaceAll(/\b\d+\.\d+\.\d+\.\d+:\d+/g, 'CLIENT')
      .replaceAll(/\d{4}-\d\d-\d\d[ #]\d\d:\d\d:\d\d([,.:]\d+)?/g, 'TIME')
      .replaceAll(/\b[12]\d{16}\b/g, 'TIME')
      .replaceAll(/\b1[5-9]\d{11}\b/g, 'MILLIS')
      .replaceAll(/-?\b\d+\.\d+\b/g, 'DECIMAL')
      .replaceAll(/\b[0-9A-F]{32}\b/g, 'ID')
      .replaceAll(/(commitLogOffset=|physicOffset=|CommitLog Offset: +|spentTimeMills=)\d+/g, '$1N')
      .replaceAll(/rt:\d+ms(.*queueOffset=)\d+/g, 'rt:Nms$1N')
      .replaceAll(/(SendResult .*queueOffset=)\d+/g, '$1N')
      .replaceAll(/(\{"brokerName"[^}]*\})[,\]}]*/g, '\n$1\n') // allocateMQ: a set, in no order
      .replaceAll(/originalMsgId=[0-9A-F]{32}/g, 'originalMsgId=ID')
      .replaceAll(/\]OffsetID:/g, ']\nOffsetID:')
      .split('\n')
      .map((line) => line.replaceAll(/\s+/g, ' ').trim())
      .map((line) => line.replace(/(CLUSTERING|BROADCASTING) \d+ (\d+)$/, '$1 TPS $2')) // consumerProgress
      .map((line) => line.replace(/( DECIMAL DECIMAL) \d+ \d+$/, '$1 IN OUT')) // statsAll: samples of each minute
      .map((line) => (keysOnly ? line.replace(/ ?:.*/, '') : line))
      .map((line) => line.replace(/ (true|false) \d+$/, ' $1 N')) // checkMsgSendRT
      .map((line) => line.replace(/ - DECIMAL$/, ' DECIMAL DECIMAL')) // clusterList: unknown age
      // Made by the first pull of the official tools.
      .filter(
        (line) => line !== '' && line !== '%RETRY%TOOLS_CONSUMER' && !line.startsWith('TOOLS_CONSUMER '),
      )
      .sort()
      .join('\n')
  );
}

/** mqadmin 4.4.0 does not run without files for its log and its signatures. */
export function toolsHome(): string {
  const home = temporaryFolder('tools-home');
  mkdirSync(join(home, 'conf'), { recursive: true });
  writeFileSync(join(home, 'conf', 'tools.yml'), 'accessKey: rocketmq\nsecretKey: 12345678\n');
  writeFileSync(join(home, 'conf', 'logback_tools.xml'), '<configuration/>');
  return home;
}

function split(lines: readonly string[]): Map<number, string> {
  const parts = new Map<number, string>();
  let current = -1;
  for (const line of lines) {
    const marker = /^@@@ (\d+)$/.exec(line);
    if (marker === null) parts.set(current, `${parts.get(current) ?? ''}${line}\n`);
    else current = Number(marker[1]);
  }
  return parts;
}
