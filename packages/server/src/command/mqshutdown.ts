#!/usr/bin/env node
/** `mqshutdown broker|namesrv`. Counterpart: bin/mqshutdown. */
import { homeFolder, rocketmqHome } from '../process/environment.ts';
import { PidFiles } from '../process/pid-file.ts';
import { shutdown } from '../shutdown.ts';

process.exitCode = await shutdown(process.argv[2], {
  pidFiles: new PidFiles(homeFolder()),
  rocketmqHome: rocketmqHome(),
  print: console.log,
});
