/** mqadmin in this process, on a broker of the test: what it prints and how it ends. */
import assert from 'node:assert/strict';
import { runMqadmin } from '@rocketmq-ts/admin';

export interface Outcome {
  readonly exitCode: number;
  readonly output: string;
  readonly errors: string;
}

export class Mqadmin {
  readonly #namesrvAddr: string;
  readonly #folder: string;

  /** `folder` may hold conf/tools.yml. */
  constructor(namesrvAddr: string, folder: string) {
    this.#namesrvAddr = namesrvAddr;
    this.#folder = folder;
  }

  /** Words are separated by one space; `~` in a word stands for a space. */
  async run(command: string): Promise<Outcome> {
    let output = '';
    let errors = '';
    const exitCode = await runMqadmin({
      args: [...command.split(' ').map((word) => word.replaceAll('~', ' ')), '-n', this.#namesrvAddr],
      rocketmqHome: this.#folder,
      workingFolder: this.#folder,
      write: (text) => {
        output += text;
      },
      writeError: (text) => {
        errors += text;
      },
    });
    return { exitCode, output, errors };
  }

  /** The output of a command that must succeed. */
  async text(command: string): Promise<string> {
    const { exitCode, output, errors } = await this.run(command);
    assert.equal(errors, '', command);
    assert.equal(exitCode, 0, command);
    return output;
  }

  async json(command: string): Promise<unknown> {
    return JSON.parse(await this.text(`${command} --output json`));
  }
}

/** Masks what no two runs have in common. Trailing spaces are 4.4.0's. */
export function masked(text: string, brokerAddr: string): string {
  return text
    .replaceAll(brokerAddr, 'BROKER')
    .replaceAll(/127\.0\.0\.1:\d+/g, 'HOST')
    .replaceAll(/\d+\.\d+\.\d+\.\d+@\S+ +/g, 'CLIENT-ID ')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(,\d+)?/g, 'TIME')
    .replaceAll(/\b1[5-9]\d{11}\b/g, 'MILLIS')
    .replaceAll(/\b[0-9A-F]{32}\b/g, 'ID')
    .replaceAll(/\bcommitLogOffset=\d+/g, 'commitLogOffset=N')
    .replaceAll(/(CommitLog Offset: +)\d+/g, '$1N')
    .replaceAll(/physicOffset=\d+/g, 'physicOffset=N')
    .replaceAll(/ +\d+\.\d\d\b(?!\d)/g, ' DECIMAL')
    .replaceAll(/ +0\.\d{4}\n/g, ' RATIO\n');
}
