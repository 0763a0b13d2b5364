/** The official mqadmin, run to its end. It does not run without files for its log and its signatures. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runJavaMain } from './java.ts';
import type { Pair } from './pair.ts';

const MAIN = 'org.apache.rocketmq.tools.command.MQAdminStartup';

/** What it printed, without the lines of its log. */
export async function javaMqadmin(pair: Pair, ...args: readonly string[]): Promise<string> {
  const home = join(pair.namesrv.folder, 'tools-home');
  mkdirSync(join(home, 'conf'), { recursive: true });
  writeFileSync(join(home, 'conf', 'tools.yml'), 'accessKey: rocketmq\nsecretKey: "12345678"\n');
  writeFileSync(join(home, 'conf', 'logback_tools.xml'), '<configuration/>');
  const lines = await runJavaMain(MAIN, [...args, '-n', pair.namesrv.address], {
    properties: { 'rocketmq.home.dir': home },
  });
  return lines.filter((line) => !/^RocketMQLog| DEBUG | INFO | WARN /.test(line)).join('\n');
}
