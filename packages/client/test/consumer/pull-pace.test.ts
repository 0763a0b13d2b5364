/** How fast a consumer asks a broker that has nothing to say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RequestCode, ResponseCode } from '@rocketmq-ts/protocol';
import { consumerScene } from '../support/consumer-scene.ts';

test('a broker that sends a consumer back to where it was, again and again, is asked some times a second', async () => {
  const { world, broker, consumer } = await consumerScene();
  let pulls = 0;
  // What a slave that is behind answers while its master is away.
  broker.server.handle(RequestCode.PULL_MESSAGE, (request) => {
    pulls++;
    const nextBeginOffset = Number(request.ext.get('queueOffset'));
    const ext = { suggestWhichBrokerId: 0, nextBeginOffset, minOffset: 0, maxOffset: 0 };
    return { code: ResponseCode.PULL_RETRY_IMMEDIATELY, ext };
  });
  const pusher = consumer();
  pusher.subscribe('TopicTest', '*');
  pusher.registerMessageListener(() => {});
  await world.run(pusher.start());
  await world.advance(1000);
  pulls = 0;
  await world.advance(10_000);
  // Five a second for each of the queues of the topic and of the retry topic.
  assert.ok(pulls > 10 && pulls < 500, `${pulls} pulls in ten seconds`);
  await world.run(pusher.shutdown());
});
