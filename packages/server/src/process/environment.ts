/** Where an installation and its user keep things, as RocketMQ's scripts lay it down. */
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder with `conf/`: ROCKETMQ_HOME, or the checkout or installed package that this file belongs to. */
export function rocketmqHome(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ROCKETMQ_HOME) return path.resolve(environment.ROCKETMQ_HOME);
  // This file is dist/src/process/environment.js of the package, which is packages/server of a checkout.
  const ownPackage = path.resolve(fileURLToPath(new URL('../../..', import.meta.url)));
  const checkout = path.resolve(ownPackage, '../..');
  return path.join(checkout, 'packages', 'server') === ownPackage ? checkout : ownPackage;
}

export function homeFolder(): string {
  return os.homedir();
}

/** ROCKETMQ_LOG_DIR, or `~/logs/rocketmqlogs`. */
export function logFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.ROCKETMQ_LOG_DIR) return path.resolve(environment.ROCKETMQ_LOG_DIR);
  return path.join(homeFolder(), 'logs', 'rocketmqlogs');
}
