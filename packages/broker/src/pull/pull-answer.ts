/**
 * Encodes answers to pulls: a prepared header, then the records as they are in the log.
 *
 * JSON header, in the order in which 4.4.0 writes it:
 *   {"code":<c>,"extFields":{"suggestWhichBrokerId":"<d>","nextBeginOffset":"<d>","maxOffset":"<d>","minOffset":"<d>"},
 *   …,"remark":"<GetMessageStatus>",…}
 * Body: the records found, one after another.
 *
 * Invariant: a few bytes are copied, many go out by reference, and then the log's memory behind them is pinned until the
 * socket has let go of it; a reader that holds too much of it is cut off.
 */

import type { Connection } from '@rocketmq-ts/remoting';
import { type GetMessageStatus, type GetResult, getMessageStatusName } from '@rocketmq-ts/store';
import { AnswerTemplate, NUMBER } from '../answer-template.ts';

/** Up to this many bytes copying is cheaper than pinning memory and a longer vector of chunks. */
const COPY_MAX_BYTES = 16 * 1024;
const STATUS_COUNT_MAX = 16;

export class PullAnswer {
  readonly #templates = new Map<number, AnswerTemplate>();
  #last: AnswerTemplate | undefined;
  #lastKey = -1;

  /** Appends the answer, with the records of `result`. */
  write(
    connection: Connection,
    opaque: number,
    serializeType: number,
    code: number,
    suggestWhichBrokerId: number,
    result: GetResult,
  ): void {
    const template = this.#template(code, result.status);
    const { output } = connection;
    template.values[0] = suggestWhichBrokerId;
    template.values[1] = result.nextBeginOffset;
    template.values[2] = result.maxOffset;
    template.values[3] = Math.max(0, result.minOffset);
    const bodyBytes = result.sizeBytes;
    template.write(output, opaque, serializeType, bodyBytes);
    if (bodyBytes === 0) return;
    if (bodyBytes <= COPY_MAX_BYTES) {
      const position = output.reserve(bodyBytes);
      output.commit(result.copyTo(output.buffer, position));
    } else {
      appendSpans(connection, result);
    }
  }

  #template(code: number, status: GetMessageStatus): AnswerTemplate {
    const key = code * STATUS_COUNT_MAX + status;
    if (key === this.#lastKey) return this.#last!;
    let template = this.#templates.get(key);
    if (template === undefined) {
      template = new AnswerTemplate({
        code,
        remark: getMessageStatusName(status),
        fields: [
          ['suggestWhichBrokerId', NUMBER],
          ['nextBeginOffset', NUMBER],
          ['maxOffset', NUMBER],
          ['minOffset', NUMBER],
        ],
      });
      this.#templates.set(key, template);
    }
    this.#lastKey = key;
    this.#last = template;
    return template;
  }
}

function appendSpans(connection: Connection, result: GetResult): void {
  const pin = result.pin(() => {
    connection.close(
      new Error(`${connection.remoteAddress} holds too much of the log's memory: it reads too slowly`),
    );
  });
  let left = result.spanCount;
  const release =
    pin === undefined
      ? undefined
      : (): void => {
          if (--left === 0) pin.release();
        };
  for (let i = 0; i < result.spanCount; i++) {
    connection.output.appendSpan(result.spanBuffers[i]!, result.spanStarts[i]!, result.spanEnds[i]!, release);
  }
}
