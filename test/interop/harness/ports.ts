/**
 * Free ports below the range that the system gives to outgoing connections, so that none is taken between the
 * probe and the use by a connection; another program may still be quicker, which is why starts are retried.
 */
import { createServer } from 'node:net';

const LOWEST = 15_000;
const HIGHEST = 32_000;

/** A port p with every p + offset free: a broker needs p, p - 2 (VIP) and p + 1 (replication). */
export async function freePort(offsets: readonly number[] = [0]): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
  throw new Error(`no free port found between ${LOWEST} and ${HIGHEST} in 200 attempts`);
}

export function freeBrokerPort(): Promise<number> {
  return freePort([0, -2, 1]);
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '0.0.0.0', () => server.close(() => resolve(true)));
  });
}
