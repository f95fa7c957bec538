// Virtual networks: only found and described, virtdc does not make any.
import { bound } from '../bound.js';
import type { CallOptions } from '../caller.js';
import { procedures as p } from '../procedures.js';
import type { NetworkRef } from '../wire.js';

export interface NetworkCalls {
  list(options?: CallOptions): Promise<readonly NetworkRef[]>;
  /** Those that are started. */
  listActive(options?: CallOptions): Promise<readonly NetworkRef[]>;
  /** LibvirtError isNoNetwork if there is none. */
  lookup(name: string, options?: CallOptions): Promise<NetworkRef>;
  xml(network: NetworkRef, options?: CallOptions): Promise<string>;
}

const LIST = 1;
const ACTIVE = 2;

export const networkCalls = bound<NetworkCalls>({
  list: async (caller, options) =>
    (await caller.call(p.CONNECT_LIST_ALL_NETWORKS, { needResults: LIST, flags: 0 }, options)).nets,
  listActive: async (caller, options) =>
    (await caller.call(p.CONNECT_LIST_ALL_NETWORKS, { needResults: LIST, flags: ACTIVE }, options)).nets,
  lookup: async (caller, name, options) => (await caller.call(p.NETWORK_LOOKUP_BY_NAME, { name }, options)).net,
  xml: async (caller, net, options) => (await caller.call(p.NETWORK_GET_XML_DESC, { net, flags: 0 }, options)).xml,
});
