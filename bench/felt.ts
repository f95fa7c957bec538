// What a person or a script feels of virtdc beside bare virsh: how long until a guest is there, until a change is known,
// and how long a guest stands still when it moves.

import { Datacenter } from '../test/e2e/datacenter.js';
import { upOnce } from '../test/lab.js';
import { blackout } from './blackout.js';
import { notice } from './notice.js';
import { submit } from './submit.js';
import { printTable } from './table.js';

export async function felt(): Promise<void> {
  await upOnce(3);
  // Over the hosts' sockets, as virsh goes: the ways in are not what is compared.
  const dc = await Datacenter.start('unix');
  try {
    const rows = [...(await submit(dc)), ...(await notice(dc)), ...(await blackout(dc))];
    printTable(
      'felt: virtdc and bare virsh, alternating in one run',
      ['median', 'worst', 'median beside virsh'],
      rows,
      [
        'Until libvirt has the guest: until a bare listener hears of its start. A change: virsh suspend and resume, from the moment a bare listener hears of it; worst is the 99th percentile. Standing still: the longest silence of a guest that writes to its console 50 times a second.',
      ],
    );
  } finally {
    await dc.end();
  }
}
