/**
 * Hooks around every request of a client, RocketMQ's RPCHook, and the one that signs requests for brokers with access
 * control, its AclClientRPCHook.
 */
import { type RemotingCommand, type SessionCredentials, signRequest } from '@rocketmq-ts/protocol';

/** A request as a hook sees it; it may add to `ext`. */
export interface HookedRequest {
  readonly code: number;
  readonly ext: Map<string, string>;
  readonly body: Uint8Array | undefined;
}

export interface RpcHook {
  /** Clients whose hooks have the same identity share their connections; without one only those with the same object. */
  readonly identity?: string;
  /** Before a request is encoded. What it throws is the outcome of the request. */
  doBeforeRequest(remoteAddr: string, request: HookedRequest): void;
  /** After an answer has come; the answer to a send is without its body. */
  doAfterResponse?(remoteAddr: string, request: HookedRequest, response: RemotingCommand): void;
}

/** Signs every request with the account's secret. Hooks that add header fields must run before it. */
export class AclClientRPCHook implements RpcHook {
  readonly identity: string;
  readonly #credentials: SessionCredentials;

  constructor(credentials: SessionCredentials) {
    this.#credentials = credentials;
    this.identity = `acl\n${credentials.accessKey}\n${credentials.secretKey}\n${credentials.securityToken ?? ''}`;
  }

  doBeforeRequest(_remoteAddr: string, request: HookedRequest): void {
    for (const [name, value] of signRequest(request.ext, request.body, this.#credentials)) {
      request.ext.set(name, value);
    }
  }
}

const identities = new WeakMap<RpcHook, number>();
let nextIdentity = 0;

/** Equal for hooks that stand for each other. */
export function hookIdentity(hook: RpcHook | undefined): string {
  if (hook === undefined) return '';
  if (hook.identity !== undefined) return hook.identity;
  let identity = identities.get(hook);
  if (identity === undefined) {
    identity = nextIdentity++;
    identities.set(hook, identity);
  }
  return `hook ${identity}`;
}
