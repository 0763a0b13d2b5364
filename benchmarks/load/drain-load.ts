/** A backlog read as fast as the broker gives it; every message is counted. */
import { RawClient } from '#interop/raw-client';
import { type DrainRequest, type LoadResult, QUEUES } from './load-request.ts';
import { open } from './open.ts';
import { PullConnection } from './pull-connection.ts';

const GET_MAX_OFFSET = 30;

export async function drainLoad(request: DrainRequest): Promise<Omit<LoadResult, 'generatorCpuSeconds'>> {
  const ends = await maxOffsets(request.port, request.topic);
  const socket = await open(request.port);
  let count = 0;
  const startedAtMs = performance.now();
  const errors = await new Promise<number>((resolve, reject) => {
    socket.once('close', () => reject(new Error('the broker closed the connection')));
    const onRecord = () => {
      count++;
    };
    const starts = ends.map(() => 0);
    const finished = () => resolve(connection.errors);
    const connection = new PullConnection(socket, request.topic, starts, ends, 0, onRecord, finished);
    connection.start();
  });
  const seconds = (performance.now() - startedAtMs) / 1000;
  socket.removeAllListeners().destroy();
  return { count, errors, seconds, latencyUs: undefined };
}

export async function maxOffsets(port: number, topic: string): Promise<number[]> {
  using client = await RawClient.connect(`127.0.0.1:${port}`);
  const offsets: number[] = [];
  for (let queueId = 0; queueId < QUEUES; queueId++) {
    const response = await client.request(GET_MAX_OFFSET, { topic, queueId });
    if (response.code !== 0) throw new Error(`GET_MAX_OFFSET of ${topic}: ${response.remark}`);
    offsets.push(Number(response.ext.offset));
  }
  return offsets;
}
