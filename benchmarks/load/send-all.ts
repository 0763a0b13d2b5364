/** Fills a broker: sends of one kind on one connection, 256 in flight. */
import { type FrameTemplate, OPAQUE_RANGE } from './frame-template.ts';
import { open } from './open.ts';
import { ResponseReader } from './response-reader.ts';

const IN_FLIGHT = 256;

/** As fast as the broker takes them. */
export async function sendAll(port: number, template: FrameTemplate, count: number): Promise<void> {
  const socket = await open(port);
  let sent = 0;
  let answered = 0;
  await new Promise<void>((resolve, reject) => {
    const fill = (): void => {
      const number = Math.min(IN_FLIGHT - (sent - answered), count - sent);
      if (number <= 0) return;
      const output = Buffer.allocUnsafe(number * template.bytes.length);
      let position = 0;
      for (let i = 0; i < number; i++, sent++)
        position = template.write(output, position, sent % OPAQUE_RANGE, sent);
      socket.write(output);
    };
    const reader = new ResponseReader((_opaque, ok) => {
      if (!ok) reject(new Error('a send was refused'));
      answered++;
    });
    socket.on('data', (chunk: Buffer) => {
      reader.read(chunk);
      if (answered === count) resolve();
      else fill();
    });
    socket.once('error', reject);
    fill();
  });
  socket.removeAllListeners().destroy();
}
