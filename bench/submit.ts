// SubmitGuest until libvirt has the guest, against virsh vol-create and virsh create of the same XML.

import { randomUUID } from 'node:crypto';
import { LifecycleEvent } from '../src/libvirt/client.js';
import { type Datacenter, submission } from '../test/e2e/datacenter.js';
import { HOSTS } from '../test/e2e/witness.js';
import { virshWithFile } from '../test/lab/guest-of.js';
import { virsh } from '../test/lab.js';
import { Listener } from './listener.js';
import { median, ms, quantile, type Row } from './table.js';

const HOST = 'node1';
const GUEST = 'felt';
const ROUNDS = 15;

/** What virtdc made: its domain XML as it was given, and its volume's. */
interface Model {
  readonly uuid: string;
  readonly domainXml: string;
  readonly volume: string;
  readonly volumeXml: string;
}

export async function submit(dc: Datacenter): Promise<readonly Row[]> {
  for (const hostname of HOSTS) if (hostname !== HOST) await dc.client.hosts.cordonHost({ hostname });
  const listener = await Listener.at(HOST);
  try {
    const model = await modelOf(dc);
    const [virtdc, bare]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round++) {
      virtdc.push(await submitted(dc, listener));
      bare.push(await created(listener, model));
    }
    const row = (what: string, of: readonly number[]): Row => {
      const more = median(of) - median(bare);
      const beside = of === bare ? '' : `${more < 0 ? '-' : '+'}${ms(Math.abs(more))}`;
      return { what, cells: [ms(median(of)), ms(quantile(of, 1)), beside] };
    };
    return [
      row('until libvirt has the guest: SubmitGuest', virtdc),
      row('until libvirt has the guest: virsh vol-create, virsh create', bare),
    ];
  } finally {
    listener.close();
    for (const hostname of HOSTS) await dc.client.hosts.uncordonHost({ hostname });
  }
}

async function modelOf(dc: Datacenter): Promise<Model> {
  await dc.submit(GUEST);
  const { uuid, disks } = await dc.guest(GUEST);
  const volume = disks[0]?.volume ?? '';
  const model = {
    uuid,
    volume,
    domainXml: await virsh(HOST, 'dumpxml', '--inactive', GUEST),
    volumeXml: await virsh(HOST, 'vol-dumpxml', '--pool', 'shared', volume),
  };
  await dc.terminate(GUEST);
  return model;
}

async function submitted(dc: Datacenter, listener: Listener): Promise<number> {
  const started = listener.next(GUEST, LifecycleEvent.STARTED);
  const since = performance.now();
  const { operation } = await dc.client.placement.submitGuest(submission(GUEST));
  const took = (await started) - since;
  await dc.succeeds(operation);
  await dc.terminate(GUEST);
  return took;
}

async function created(listener: Listener, model: Model): Promise<number> {
  const uuid = randomUUID();
  const anew = (xml: string): string => xml.replaceAll(model.uuid, uuid);
  const volume = anew(model.volume);
  const started = listener.next(GUEST, LifecycleEvent.STARTED);
  let since = 0;
  await virshWithFile(HOST, anew(model.volumeXml), (file) => {
    since = performance.now();
    return ['vol-create', '--pool', 'shared', file];
  });
  await virshWithFile(HOST, anew(model.domainXml), (file) => ['create', file]);
  const took = (await started) - since;
  await virsh(HOST, 'destroy', GUEST);
  await virsh(HOST, 'vol-delete', '--pool', 'shared', volume);
  return took;
}
