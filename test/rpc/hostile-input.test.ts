// Names, addresses and XML as somebody would write them who means harm or is mistaken; each is told all that is wrong.

import assert from 'node:assert/strict';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import type { VirtdcError } from '../../src/client/error.js';
import { BASE_XML, GIB, node, nodeInfo, refused, World } from './service.js';

const invalid = (call: Promise<unknown>): Promise<VirtdcError> => refused(call, 'INVALID_ARGUMENT', 'INVALID_FIELDS');
const fieldsOf = (error: VirtdcError): string[] => error.violations.map(({ field }) => field);

describe('hostile input', function () {
  this.timeout(60_000);
  let world: World;
  let revision: bigint;
  before(async () => {
    world = await World.start();
    await world.ready(['node1', 'node2']);
    await world.submit('one');
    await world.settled('one');
    revision = await world.revision();
  });
  after(() => world.end());
  afterEach('nothing was changed', async () => assert.equal(await world.revision(), revision));

  it('of names that are none', async () => {
    const names = [
      '',
      '1',
      '42',
      'Upper',
      '-x',
      'x-',
      '.',
      '..',
      '../x',
      'a/b',
      'a b',
      'ä',
      'a'.repeat(64),
      '$(id)',
      "a'b",
      '<a>',
    ];
    const uuid = '0f0e0d0c-0b0a-4908-8706-050403020100';
    for (const vmid of [...names, uuid, `a${uuid.slice(1)}`, uuid.replaceAll('-', '').replace('0', 'a')]) {
      const error = await invalid(world.client.placement.submitGuest(world.submission(vmid)));
      assert.deepEqual(fieldsOf(error), ['vmid'], vmid);
    }
    for (const hostname of [
      '',
      '42',
      '10.0.0.1',
      '-x',
      'a_b',
      'a..b',
      'h1/system?command=/tmp/x&x=',
      '-oProxyCommand=x',
      'a@b',
      'a%b',
      'a'.repeat(64),
    ]) {
      const call = world.client.hosts.registerHost({ hostname, ipAddress: '10.0.0.9', maxIoKib: 1n });
      assert.ok(fieldsOf(await invalid(call)).includes('hostname'), hostname);
    }
    for (const name of ['', '.hidden', '-x', 'a/b', '../x', 'a b']) {
      const call = world.client.hosts.registerPool({ name, kind: 'POOL_KIND_LOCAL', hostnames: ['node1'] });
      assert.deepEqual(fieldsOf(await invalid(call)), ['name'], name);
    }
  });

  it('of URIs that would reach further than a host', async () => {
    const uris = [
      'qemu+tls://h1/system?command=/tmp/x',
      'qemu+ssh://root@h1/system?command=/tmp/x',
      'qemu+ext:///?command=/tmp/x',
      'qemu+libssh2://h1/system',
      'qemu:///system',
      'test:///etc/passwd',
      'test+unix:///run/x',
      'qemu+tcp://h1/system',
      'file:///etc/passwd',
      'http://h1/',
      'qemu+tls://h1/system#x',
      'qemu+tls://a@h1/system',
      'qemu+ssh://-oProxyCommand=x@h1/system',
      'qemu+unix://relative',
      'qemu+unix:///a/../b?x',
      'sim://',
      'sim://a/b',
      'sim://UPPER',
      `qemu+tls://${'a'.repeat(300)}/system`,
      'javascript:alert(1)',
      'qemu+tls://h1/system\n',
    ];
    for (const uri of uris) {
      const one = await invalid(
        world.client.hosts.registerHost({ hostname: 'new', uri, migrationUri: 'sim://new', maxIoKib: 1n }),
      );
      assert.deepEqual(fieldsOf(one), ['uri'], uri);
      const other = await invalid(world.client.hosts.updateHost({ hostname: 'node1', migrationUri: uri }));
      assert.deepEqual(fieldsOf(other), ['migration_uri'], uri);
    }
    for (const ipAddress of ['999.1.1.1', '1.2.3', 'localhost', '10.0.0.1; id', '::g']) {
      const call = world.client.hosts.registerHost({ hostname: 'new', ipAddress, uri: 'sim://new', maxIoKib: 1n });
      assert.deepEqual(fieldsOf(await invalid(call)), ['ip_address'], ipAddress);
    }
  });

  it('lists all that is wrong with a request', async () => {
    const request: Partial<SubmitGuestRequest> = {
      vmid: '1',
      cpu: 0,
      memoryKib: 1n,
      ioKib: -1n,
      maxCpu: 5_000,
      maxMemoryKib: -1n,
      baseGuest: '2',
      pool: '/',
      mac: 'ff:ff:ff:ff:ff:ff',
      nicSource: { $case: 'bridge', value: '../br0' },
      seed: { guestHostname: '-', sshAuthorizedKeys: ['a\nb'], userData: 'a\0' },
      labels: { '': 'x', long: 'x'.repeat(64) },
      requestId: 'é',
    };
    const due = [
      'vmid',
      'cpu',
      'memory_kib',
      'io_kib',
      'max_cpu',
      'max_memory_kib',
      'base_guest',
      'pool',
      'mac',
      'bridge',
    ];
    due.push(
      'seed.guest_hostname',
      'seed.ssh_authorized_keys[0]',
      'seed.user_data',
      'labels',
      'labels["long"]',
      'request_id',
    );
    assert.deepEqual(fieldsOf(await invalid(world.client.placement.submitGuest(request))).sort(), due.sort());
    const less = world.submission('new', { cpu: 4, maxCpu: 2, maxMemoryKib: BigInt(GIB) });
    assert.deepEqual(fieldsOf(await invalid(world.client.placement.submitGuest(less))), ['max_cpu', 'max_memory_kib']);
    const shape = { cpu: 0, memoryKib: 0n, ioKib: 0n, maxMemoryKib: 0n, baseGuest: '', pool: '', nicSource: undefined };
    assert.deepEqual(fieldsOf(await invalid(world.client.placement.checkSpace({ shape }))), [
      'shape.cpu',
      'shape.memory_kib',
    ]);
    const labels = Object.fromEntries(Array.from({ length: 65 }, (_, index) => [`l${index}`, '']));
    assert.deepEqual(fieldsOf(await invalid(world.client.guests.updateGuest({ vmid: 'one', setLabels: labels }))), [
      'set_labels',
    ]);
    const { hosts } = world.client;
    const ratios = { cpu: NaN, memory: 0, io: Infinity };
    const host = hosts.updateHost({ hostname: 'node1', ratios, reserve: { cpu: -1 }, maxMemoryKib: 2n ** 53n + 1n });
    assert.deepEqual(fieldsOf(await invalid(host)).sort(), [
      'max_memory_kib',
      'ratios.cpu',
      'ratios.io',
      'ratios.memory',
      'reserve.cpu',
    ]);
  });

  it('of what is there already, or not', async () => {
    const { hosts, guests, placement, migration } = world.client;
    await refused(placement.submitGuest(world.submission('one')), 'ALREADY_EXISTS', 'GUEST_EXISTS');
    await refused(
      placement.submitGuest(world.submission('new', { baseGuest: 'none' })),
      'NOT_FOUND',
      'BASE_GUEST_NOT_FOUND',
    );
    await refused(placement.submitGuest(world.submission('new', { pool: 'none' })), 'NOT_FOUND', 'POOL_NOT_FOUND');
    await refused(
      hosts.registerHost({ hostname: 'node1', uri: 'sim://node1', maxIoKib: 1n }),
      'ALREADY_EXISTS',
      'HOST_EXISTS',
    );
    await refused(
      hosts.registerPool({ name: 'shared', kind: 'POOL_KIND_SHARED', hostnames: ['node1'] }),
      'ALREADY_EXISTS',
      'POOL_EXISTS',
    );
    await refused(
      hosts.registerPool({ name: 'new', kind: 'POOL_KIND_LOCAL', hostnames: ['no', 'none'] }),
      'NOT_FOUND',
      'HOST_NOT_FOUND',
    );
    await refused(migration.migrateGuest({ vmid: 'one', destHost: 'nowhere' }), 'NOT_FOUND', 'HOST_NOT_FOUND');
    await refused(migration.migrateGuest({ vmid: 'one', sourceHost: 'node9' }), 'FAILED_PRECONDITION', 'WRONG_HOST');
    const source = { $case: 'xml' as const, value: BASE_XML.replace('q35', 'pc') };
    await refused(guests.importBaseGuest({ name: 'base', source }), 'ALREADY_EXISTS', 'BASE_GUEST_EXISTS');
    await refused(
      guests.importBaseGuest({
        name: 'new',
        source: { $case: 'fromGuest', value: { hostname: 'node1', domainName: '1' } },
      }),
      'NOT_FOUND',
      'DOMAIN_NOT_FOUND',
    );
    await refused(guests.adoptGuests({ hostname: 'nowhere' }), 'NOT_FOUND', 'HOST_NOT_FOUND');
    const host = { hostname: 'new', uri: 'sim://node1', maxIoKib: 1n };
    await refused(hosts.registerHost(host), 'FAILED_PRECONDITION', 'SAME_MACHINE');
    await refused(
      hosts.registerHost({ hostname: 'new', uri: 'qemu+unix:///nowhere/sock', maxIoKib: 1n }),
      'UNAVAILABLE',
      'HOST_UNREACHABLE',
    );
    await invalid(guests.listGuests({ pageToken: 'bm9uc2Vuc2U' }));
    const { nextPageToken } = await hosts.listHosts({ pageSize: 1 });
    await invalid(hosts.listHosts({ pageSize: 1, pageToken: nextPageToken, filter: { zone: 'other' } }));
    await invalid(guests.listGuests({ pageToken: nextPageToken }));
  });

  const bombs: Readonly<Record<string, string>> = {
    'a DOCTYPE': '<!DOCTYPE x><ROOT/>',
    'an external entity': '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><ROOT>&e;</ROOT>',
    'a billion laughs': `<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">${'bcdefgh'.replaceAll(/./g, (c) => `<!ENTITY ${c} "${`&${String.fromCharCode(c.charCodeAt(0) - 1)};`.repeat(10)}">`)}]><ROOT>&h;</ROOT>`,
    'an unknown entity': '<ROOT>&nbsp;</ROOT>',
    'half a million numeric references': `<ROOT>${'&#65;'.repeat(150_000)}</ROOT>`,
    depth: `<ROOT>${'<a>'.repeat(50_000)}${'</a>'.repeat(50_000)}</ROOT>`,
    'no end': '<ROOT>',
    nothing: '',
    text: 'not xml at all',
    'two roots': '<ROOT/><ROOT/>',
    'another root': '<other/>',
    'a NUL': '<ROOT>\0</ROOT>',
    'a control character': '<ROOT>&#1;</ROOT>',
    'a processing instruction': '<?xml-stylesheet href="x"?><ROOT/>',
    'an attribute twice': '<ROOT a="1" a="2"/>',
    'another encoding': '<?xml version="1.0" encoding="UTF-16"?><ROOT/>',
    'an unbound prefix': '<ROOT><x:y/></ROOT>',
    __proto__: '<ROOT><__proto__ constructor="x"/></ROOT>',
  };

  for (const [what, text] of Object.entries(bombs)) {
    it(`of XML with ${what}`, async () => {
      const { hosts, guests } = world.client;
      const nodes = await invalid(hosts.importNodeInfo({ xml: text.replaceAll('ROOT', 'node_info') }));
      assert.ok(
        fieldsOf(nodes).every((field) => field.startsWith('xml')),
        fieldsOf(nodes).join(),
      );
      const source = { $case: 'xml' as const, value: text.replaceAll('ROOT', 'domain') };
      const base = await invalid(guests.importBaseGuest({ name: 'evil', source }));
      assert.ok(
        fieldsOf(base).every((field) => field.startsWith('xml')),
        fieldsOf(base).join(),
      );
    });
  }

  it('of 10 MB of XML', async () => {
    const xml = `<node_info>${' '.repeat(10_000_000)}</node_info>`;
    await refused(world.client.hosts.importNodeInfo({ xml }), 'RESOURCE_EXHAUSTED', '');
    await refused(
      world.client.guests.importBaseGuest({ name: 'x', source: { $case: 'xml', value: xml } }),
      'RESOURCE_EXHAUSTED',
      '',
    );
  });

  it('of a nodeinfo whose figures cannot be', async () => {
    const good = node('node9', 4, GIB, GIB, 9);
    const wrong: Readonly<Record<string, string>> = {
      'negative cpu': good.replace('<cpu_core>4', '<cpu_core>-4'),
      'a fraction of a cpu': good.replace('<cpu_core>4', '<cpu_core>4.5'),
      hexadecimal: good.replace('<cpu_core>4', '<cpu_core>0x4'),
      'an exponent': good.replace('<cpu_core>4', '<cpu_core>1e3'),
      nothing: good.replace('<cpu_core>4', '<cpu_core>'),
      'more than there can be': good.replace(`<memory>${GIB}`, '<memory>9007199254740993'),
      'an unknown unit': good.replace('<memory>', '<memory unit="parsec">'),
      'no address': good.replace('10.0.0.9', 'node9.example'),
      'more available than there is': good.replace(
        '</max_capacity>',
        `</max_capacity><available_capacity><cpu_core>5</cpu_core><memory>1</memory><io>1</io></available_capacity>`,
      ),
      'a name of digits': good.replace('node9', '9'),
      'the name of another': good + node('node9', 1, 1, 1, 10),
      'the address of another': good + node('node8', 1, 1, 1, 9),
    };
    for (const [what, xml] of Object.entries(wrong)) {
      const error = await invalid(world.client.hosts.importNodeInfo({ xml: nodeInfo(xml) }));
      assert.ok(
        fieldsOf(error).every((field) => field.startsWith('xml:/node_info/nodes/node[')),
        `${what}: ${fieldsOf(error).join()}`,
      );
    }
    const two = nodeInfo(
      wrong['negative cpu'] ?? '',
      (wrong.hexadecimal ?? '').replace('node9', 'x').replace('0.9', '0.8'),
    );
    assert.equal((await invalid(world.client.hosts.importNodeInfo({ xml: two }))).violations.length, 2);
  });

  it('of a base guest that would reach for its host', async () => {
    const device = (xml: string) => BASE_XML.replace('</devices>', `${xml}</devices>`);
    const wrong: Readonly<Record<string, string>> = {
      emulator: device('<emulator>/tmp/evil</emulator>'),
      'an emulator beside the right one': device('<emulator>/usr/bin/../../tmp/evil</emulator>'),
      'a kernel of the host': BASE_XML.replace('</os>', '<kernel>/etc/shadow</kernel></os>'),
      'a loader': BASE_XML.replace('</os>', "<loader type='pflash'>/etc/shadow</loader></os>"),
      'QEMU arguments': BASE_XML.replace(
        '<domain ',
        "<domain xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0' ",
      ).replace('</domain>', "<qemu:commandline><qemu:arg value='-x'/></qemu:commandline></domain>"),
      'a directory of the host': device("<filesystem type='mount'><source dir='/'/><target dir='x'/></filesystem>"),
      'a device of the host': device(
        "<hostdev mode='subsystem' type='pci'><source><address domain='0' bus='0' slot='0' function='0'/></source></hostdev>",
      ),
      'a serial port into a file': device("<serial type='file'><source path='/etc/cron.d/x'/></serial>"),
      'a channel to a socket of the host': device(
        "<channel type='unix'><source mode='connect' path='/run/docker.sock'/><target type='virtio' name='x'/></channel>",
      ),
      'a block device': device(
        "<disk type='block' device='lun'><source dev='/dev/sda'/><target dev='sdb' bus='scsi'/></disk>",
      ),
    };
    for (const [what, value] of Object.entries(wrong)) {
      const error = await invalid(
        world.client.guests.importBaseGuest({ name: 'evil', source: { $case: 'xml', value } }),
      );
      assert.ok(
        fieldsOf(error).every((field) => field.startsWith('xml:')),
        `${what}: ${fieldsOf(error).join()}`,
      );
    }
  });

  it('of values that would leave the place they are put in', async () => {
    const xml = await Promise.all(
      ['a&b', '"x"'].map((tier) =>
        world.client.guests.updateGuest({ vmid: 'one', setLabels: { tier }, validateOnly: true }),
      ),
    );
    assert.deepEqual(
      xml.map(({ guest }) => guest?.labels.tier),
      ['a&b', '"x"'],
    );
    const breakout = "default'/><emulator>/x</emulator><a b='";
    const error = await invalid(
      world.client.placement.submitGuest(world.submission('new', { nicSource: { $case: 'network', value: breakout } })),
    );
    assert.deepEqual(fieldsOf(error), ['network']);
  });

  it('of keys that are not public, and are not repeated', async () => {
    for (const key of ['-----BEGIN OPENSSH PRIVATE KEY-----', 'c2VjcmV0', 'ssh-dss', 'ssh-ed25519 AAAA\rruncmd: [x]']) {
      const seed = { guestHostname: '', sshAuthorizedKeys: ['no-pty ssh-ed25519 AAAA me', key], userData: '' };
      const error = await invalid(world.client.placement.submitGuest(world.submission('new', { seed })));
      assert.deepEqual(fieldsOf(error), ['seed.ssh_authorized_keys[1]']);
      assert.ok(!error.message.includes(key));
    }
  });
});
