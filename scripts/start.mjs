/**
 * `npm start`: installs, builds, then runs the name server and the broker in this process (packages/server).
 * Arguments and environment go through: `npm start -- --help` lists them.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { prepare, root } from './prepare.mjs';

prepare();
process.env.ROCKETMQ_HOME ??= root;
await import(pathToFileURL(join(root, 'packages/server/dist/src/command/rocketmq-ts.js')).href);
