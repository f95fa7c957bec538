// Random fleets, written as text fleets, so that a failing one can be read, kept, and made smaller.

import fc from 'fast-check';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

const hostLine = (name: string): fc.Arbitrary<string> =>
  fc
    .record({
      cpu: fc.integer({ min: 0, max: 32 }),
      memory: fc.integer({ min: 0, max: 64 }),
      io: fc.integer({ min: 0, max: 500 }),
      ratio: fc.constantFrom(1, 1.5, 4),
      reserve: fc.integer({ min: 0, max: 2 }),
      state: fc.constantFrom('', '', '', 'CORDONED', 'SUSPECT', 'UNREACHABLE unseen'),
      options: fc.constantFrom('', '', 'networks=other', 'machines=q35', 'arch=aarch64', 'pools=local'),
    })
    .map(({ cpu, memory, io, ratio, reserve, state, options }) => {
      const amounts = `${cpu} | ${memory}GiB | ${io}GiB`;
      return `host | ${name} | ${amounts} | ${state} ${options} ratios=${ratio},1,1 reserve=${reserve},0,0`;
    });

/** Guests are put anywhere: hosts may be over, as they are after an adoption. */
const guestLine = (number: number): fc.Arbitrary<string> =>
  fc
    .record({
      host: fc.constantFrom(...NAMES),
      cpu: fc.integer({ min: 1, max: 6 }),
      memory: fc.integer({ min: 1, max: 8 }),
      most: fc.integer({ min: 0, max: 8 }),
      seen: fc.boolean(),
      pool: fc.constantFrom('local', 'shared'),
    })
    .map(({ host, cpu, memory, most, seen, pool }) => {
      const balloon = seen ? ` balloon=${memory}GiB plugged=${cpu}` : '';
      const size = `${cpu}/8 | ${memory}GiB/${memory + most}GiB | 4GiB`;
      return `guest | vm${number} | ${host} | ${size} | pool=${pool} image=debian${balloon}`;
    });

/** Up to eight hosts and sixteen guests, a LOCAL and a SHARED pool, base guest `web`, its image not everywhere. */
export const fleetTexts: fc.Arbitrary<string> = fc
  .record({
    hosts: fc.integer({ min: 0, max: NAMES.length }).chain((count) => fc.tuple(...NAMES.slice(0, count).map(hostLine))),
    guests: fc
      .integer({ min: 0, max: 16 })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => guestLine(i)))),
    images: fc.subarray(NAMES),
    sharedGib: fc.constantFrom('', '20GiB', '1TiB'),
    overhead: fc.constantFrom('0+0', '128MiB+2'),
  })
  .map(({ hosts, guests, images, sharedGib, overhead }) => {
    const present = NAMES.slice(0, hosts.length);
    return [
      `policy | overhead=${overhead} pool=local`,
      ...hosts,
      `pool | local | LOCAL | ${present.join(' ')} |`,
      `pool | shared | SHARED locking | ${present.join(' ')} | ${sharedGib}`,
      'image | shared | - | debian | 1GiB',
      ...images.map((name) => `image | local | ${name} | debian | 1GiB`),
      'base | web | vda=debian | NETWORK:default | pc',
      ...guests.filter((line) => present.includes(line.split(' | ')[2] ?? '')),
    ].join('\n');
  });
