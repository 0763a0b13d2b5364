/**
 * The load generator's process: takes requests from its parent one at a time. A process of its own, so that it has an
 * event loop of its own and its CPU time can be told from everything else's.
 */
import { drainLoad } from './drain-load.ts';
import { endToEndLoad } from './end-to-end-load.ts';
import type { LoadRequest, LoadResult } from './load-request.ts';
import { sendLoad } from './send-load.ts';

process.on('message', (request: LoadRequest) => {
  run(request).then(
    (result) => process.send?.({ result }),
    (error) => process.send?.({ error: String(error?.stack ?? error) }),
  );
});
process.on('disconnect', () => process.exit(0));

async function run(request: LoadRequest): Promise<LoadResult> {
  const before = process.cpuUsage();
  const result = await load(request);
  const used = process.cpuUsage(before);
  return { ...result, generatorCpuSeconds: (used.user + used.system) / 1e6 };
}

function load(request: LoadRequest): Promise<Omit<LoadResult, 'generatorCpuSeconds'>> {
  if (request.kind === 'send') return sendLoad(request);
  if (request.kind === 'drain') return drainLoad(request);
  return endToEndLoad(request);
}
