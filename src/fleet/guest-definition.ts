// What a guest's domain is made from, in plain terms: commands and operations speak of this, only xml/ makes XML of it.

import type { GuestDisk, GuestNic } from './guest.js';

/** virtdc's own note inside a domain: which guest it is, and which operation of which leader's epoch made it. */
export interface DomainMark {
  readonly vmid: string;
  readonly operation: string;
  readonly epoch: number;
}

/** All that a domain is made from; the adapter renders it on the template's tree. */
export interface GuestDefinition {
  readonly templateXml: string;
  readonly uuid: string;
  readonly domainName: string;
  readonly currentCpu: number;
  readonly maxCpu: number;
  readonly currentMemoryKib: number;
  readonly maxMemoryKib: number;
  /** With their paths. Disks of the template by target device; a SEED is added where the template has none. */
  readonly disks: readonly GuestDisk[];
  readonly nics: readonly GuestNic[];
  /** Replaces the CPU of a template that names none or host-model; empty: leave it. */
  readonly cpuBaselineXml: string;
  readonly mark: DomainMark;
}
