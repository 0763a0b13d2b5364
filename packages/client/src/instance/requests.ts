/**
 * What a client sends its requests through: the remoting client, with the application's hook around it.
 *
 * Without a hook nothing is added to a request's way. Who does not answer in time comes under suspicion.
 */
import type { RemotingCommand } from '@rocketmq-ts/protocol';
import { type Command, type RemotingClient, RemotingTimeoutError } from '@rocketmq-ts/remoting';
import type { HookedRequest, RpcHook } from './rpc-hook.ts';

export class Requests {
  readonly remoting: RemotingClient;
  readonly hook: RpcHook | undefined;
  /** Called with the address of a server that did not answer in time. */
  readonly onTimeout: (address: string) => void;

  constructor(remoting: RemotingClient, hook: RpcHook | undefined, onTimeout: (address: string) => void) {
    this.remoting = remoting;
    this.hook = hook;
    this.onTimeout = onTimeout;
  }

  /** As RemotingClient.invoke; rejects with what the hook throws. */
  async invoke(
    address: string,
    command: Command,
    timeoutMs: number,
    signal?: AbortSignal,
  ): Promise<RemotingCommand> {
    const { hook } = this;
    if (hook === undefined) return this.#watched(address, command, timeoutMs, signal);
    const request = this.#hooked(hook, address, command);
    const response = await this.#watched(address, request, timeoutMs, signal);
    hook.doAfterResponse?.(address, request, response);
    return response;
  }

  async #watched(
    address: string,
    command: Command,
    timeoutMs: number,
    signal: AbortSignal | undefined,
  ): Promise<RemotingCommand> {
    try {
      return await this.remoting.invoke(address, command, timeoutMs, signal);
    } catch (error) {
      if (error instanceof RemotingTimeoutError) this.onTimeout(address);
      throw error;
    }
  }

  /** As RemotingClient.oneway. */
  async oneway(address: string, command: Command): Promise<void> {
    const { hook } = this;
    await this.remoting.oneway(address, hook === undefined ? command : this.#hooked(hook, address, command));
  }

  #hooked(hook: RpcHook, address: string, command: Command): HookedRequest & Command {
    const request = { ...command, body: command.body, ext: extMap(command.ext) };
    hook.doBeforeRequest(address, request);
    return request;
  }
}

function extMap(ext: Command['ext']): Map<string, string> {
  const map = new Map<string, string>();
  for (const [name, value] of ext instanceof Map ? ext : Object.entries(ext ?? {})) {
    if (value !== undefined) map.set(name, String(value));
  }
  return map;
}
