// Network interfaces of the host itself: only found and described.
import { bound } from '../bound.js';
import type { CallOptions } from '../caller.js';
import { procedures as p } from '../procedures.js';
import type { InterfaceRef } from '../wire.js';

export interface InterfaceCalls {
  /** Those that are up. LibvirtError isOperationUnsupported where the daemon lacks its driver for interfaces. */
  listActive(options?: CallOptions): Promise<readonly InterfaceRef[]>;
  xml(iface: InterfaceRef, options?: CallOptions): Promise<string>;
}

const LIST = 1;
const ACTIVE = 2;

export const interfaceCalls = bound<InterfaceCalls>({
  listActive: async (caller, options) =>
    (await caller.call(p.CONNECT_LIST_ALL_INTERFACES, { needResults: LIST, flags: ACTIVE }, options)).interfaces,
  xml: async (caller, iface, options) =>
    (await caller.call(p.INTERFACE_GET_XML_DESC, { iface, flags: 0 }, options)).xml,
});
