// What a guest's domain XML says about where it can run and move; xml/ reads it, decisions get it as data.

export interface GuestTraits {
  /** Devices of the host that are passed through (hostdev, vGPU ...), as a person would name them. */
  readonly hostDevices: readonly string[];
  /** EMULATED: a software TPM, whose state libvirt carries along. PASSTHROUGH: the host's own chip. */
  readonly tpm: 'NONE' | 'EMULATED' | 'PASSTHROUGH';
  /** Whether its firmware keeps variables in a file (UEFI). */
  readonly nvram: boolean;
  /** Mode of its CPU element (custom, host-model, host-passthrough, maximum), empty where it has none. */
  readonly cpuMode: string;
  /** As in the XML (pc, q35, pc-q35-7.2 ...), empty: the host's default. */
  readonly machineType: string;
  /** As in the XML (x86_64 ...), empty: the host's own. */
  readonly arch: string;
}

/** Of a guest whose XML asks for nothing special. */
export const PLAIN_TRAITS: GuestTraits = {
  hostDevices: [],
  tpm: 'NONE',
  nvram: false,
  cpuMode: '',
  machineType: '',
  arch: '',
};
