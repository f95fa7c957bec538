// A datacenter to submit to: so many equal hosts with a pool that all of them share, and a base guest, through the API.

import { setTimeout as sleep } from 'node:timers/promises';
import { SubmitGuestRequest, SubmitGuestsRequest } from '#gen/virtdc/v1/placement_service.js';
import { connect } from '../../src/client/connect.js';
import { BASE_XML, nodeInfo } from '../../test/rpc/service.js';
import { framed } from './load.js';

/** Room for more guests than are submitted: what is compared finds room at once, too. */
const HOST = { cpu: 4_096, memoryKib: 2 ** 32, ioKib: 2 ** 36 } as const;
const NODES_AT_ONCE = 4_000;
const READY_WITHIN_MS = 300_000;

export async function ready(port: number, hosts: number): Promise<void> {
  const client = connect(`127.0.0.1:${port}`);
  try {
    const names = Array.from({ length: hosts }, (_, index) => `node${index + 1}`);
    for (let first = 0; first < hosts; first += NODES_AT_ONCE) {
      const nodes = names.slice(first, first + NODES_AT_ONCE).map((name, index) => nodeOf(name, first + index));
      await client.hosts.importNodeInfo({ xml: nodeInfo(...nodes) });
    }
    await client.hosts.registerPool({ name: 'shared', kind: 'POOL_KIND_SHARED', hostnames: names });
    await client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
    const until = performance.now() + READY_WITHIN_MS;
    for (;;) {
      const { decision } = await client.placement.checkSpace({
        shape: { cpu: 1, memoryKib: 2n ** 20n, baseGuest: 'base' },
      });
      if (decision?.rejected.length === 0) return;
      if (performance.now() > until) throw new Error(`hosts are not ready: ${JSON.stringify(decision?.rejected)}`);
      await sleep(500);
    }
  } finally {
    client.close();
  }
}

function nodeOf(name: string, number: number): string {
  const { cpu, memoryKib, ioKib } = HOST;
  const capacity = `<cpu_core>${cpu}</cpu_core><memory>${memoryKib}</memory><io>${ioKib}</io>`;
  const address = `10.1.${number >> 8}.${number & 255}`;
  return `<node><hostname>${name}</hostname><ipv4address>${address}</ipv4address><max_capacity>${capacity}</max_capacity></node>`;
}

/** As many sizes as a datacenter might have. */
export function guestRequest(vmid: string, number: number): SubmitGuestRequest {
  return SubmitGuestRequest.fromPartial({
    vmid,
    cpu: 1 + (number % 4),
    memoryKib: BigInt(2 ** 19 * (1 + (number % 8))),
    baseGuest: 'base',
  });
}

export const UNARY_PATH = '/virtdc.v1.Placement/SubmitGuest';
export const BATCH_PATH = '/virtdc.v1.Placement/SubmitGuests';

export function unaryBodies(count: number, first: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const number = first + index;
    const request = { ...guestRequest(`vm-${number}`, number), requestId: `vm-${number}` };
    return framed(SubmitGuestRequest.encode(request).finish());
  });
}

export function batchBodies(count: number, size: number, first: number): Buffer[] {
  return Array.from({ length: count }, (_, batch) => {
    const numbers = Array.from({ length: size }, (_one, index) => first + batch * size + index);
    const guests = numbers.map((number) => guestRequest(`vm-${number}`, number));
    return framed(
      SubmitGuestsRequest.encode(
        SubmitGuestsRequest.fromPartial({ guests, requestId: `batch-${first + batch}` }),
      ).finish(),
    );
  });
}
