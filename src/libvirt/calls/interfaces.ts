// Network interfaces of the host itself: only found and described.
import type { Caller, CallOptions } from '../caller.js';
import { procedures as p } from '../procedures.js';
import type { InterfaceRef } from '../wire.js';

export interface InterfaceCalls {
  /** Those that are up. LibvirtError isOperationUnsupported where the daemon lacks its driver for interfaces. */
  listActive(options?: CallOptions): Promise<readonly InterfaceRef[]>;
  xml(iface: InterfaceRef, options?: CallOptions): Promise<string>;
}

const LIST = 1;
const ACTIVE = 2;

export function interfaceCalls(caller: Caller): InterfaceCalls {
  return {
    listActive: async (options) =>
      (await caller.call(p.CONNECT_LIST_ALL_INTERFACES, { needResults: LIST, flags: ACTIVE }, options)).interfaces,
    xml: async (iface, options) => (await caller.call(p.INTERFACE_GET_XML_DESC, { iface, flags: 0 }, options)).xml,
  };
}
