// A process of its own that plays the libvirtd of many hosts, each with so many running guests: it speaks libvirt's
// protocol over TCP and answers what the service asks of a host that it only looks at, from packets made beforehand, so
// that it costs little beside the service that is measured.
//
//   node --import tsx bench/host-daemons.ts HOSTS GUESTS_PER_HOST
//
// Says {port} to its parent, and whenever it is told anything, {looks}: how often each host was asked for its domains.

import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { ErrorCode } from '../src/libvirt/error-code.js';
import {
  encodePacket,
  encodeRawPacket,
  type PacketHeader,
  PacketSplitter,
  PacketStatus,
  PacketType,
  setSerial,
} from '../src/libvirt/framing.js';
import { KEEPALIVE_PROGRAM } from '../src/libvirt/keepalive.js';
import { type Procedure, procedures as p } from '../src/libvirt/procedures.js';
import { type TypedParam, TypedParams } from '../src/libvirt/typed-params.js';
import { errorBody } from '../src/libvirt/wire.js';
import { XdrReader } from '../src/libvirt/xdr.js';
import { CAPABILITIES_OF, DOMAIN_CAPABILITIES, POOL_XML } from './host-xml.js';
import {
  addressOf,
  bootIdOf,
  domainNameOf,
  domainUuidOf,
  GUEST,
  hostnameOf,
  hostOfAddress,
  hostUuidOf,
} from './large-fleet.js';

const [hosts = 0, guestsPerHost = 0] = process.argv.slice(2).map(Number);
const MOST_BYTES = 33_554_432;
const PONG = 2;
const LIBVIRT_9 = 9_000_000n;
const QEMU_7_2 = 7_002_000n;
const POOL = { name: 'local', uuid: '506f6f6c-0000-4000-8000-000000000001' };
const GIB = 1024n ** 3n;

type Answer = (host: number, body: Buffer) => Buffer;
const answers = new Map<string, Answer>();
const keyOf = (program: number, procedure: number): string => `${program}:${procedure}`;

/** The same for all hosts: made once. */
function always<A, R>(procedure: Procedure<A, R>, value: R): void {
  const packet = reply(procedure, value);
  answers.set(keyOf(procedure.program, procedure.number), () => packet);
}

function perHost<A, R>(procedure: Procedure<A, R>, value: (host: number) => R): void {
  const packets = new Map<number, Buffer>();
  answers.set(keyOf(procedure.program, procedure.number), (host) => {
    const packet = packets.get(host) ?? reply(procedure, value(host));
    packets.set(host, packet);
    return packet;
  });
}

function perCall<A, R>(procedure: Procedure<A, R>, value: (host: number, args: A) => R): void {
  answers.set(keyOf(procedure.program, procedure.number), (host, body) =>
    reply(procedure, value(host, procedure.args.read(new XdrReader(body)))),
  );
}

function reply<A, R>({ program, number, reply: codec }: Procedure<A, R>, value: R): Buffer {
  const header = { program, procedure: number, type: PacketType.REPLY, serial: 0, status: PacketStatus.OK };
  return encodePacket(header, codec, value, MOST_BYTES);
}

function unsupported({ program, procedure }: PacketHeader): Buffer {
  const nothing = { dom: null, str1: null, str2: null, str3: null, int1: 0, int2: 0, net: null };
  const error = { code: ErrorCode.NO_SUPPORT, domain: 10, message: 'not played here', level: 2, ...nothing };
  const header = { program, procedure, type: PacketType.REPLY, serial: 0, status: PacketStatus.ERROR };
  return encodePacket(header, errorBody, error, MOST_BYTES);
}

always(p.AUTH_LIST, { types: [0] });
always(p.CONNECT_OPEN, {});
always(p.CONNECT_SUPPORTS_FEATURE, { supported: true });
always(p.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, { callbackId: 1 });
always(p.CONNECT_GET_LIB_VERSION, { version: LIBVIRT_9 });
always(p.CONNECT_GET_VERSION, { version: QEMU_7_2 });
perHost(p.CONNECT_GET_HOSTNAME, (host) => ({ hostname: hostnameOf(host) }));
perCall(p.CONNECT_GET_CAPABILITIES, (host) => ({ xml: CAPABILITIES_OF(hostUuidOf(host)) }));
always(p.CONNECT_GET_DOMAIN_CAPABILITIES, { xml: DOMAIN_CAPABILITIES });
always(p.CONNECT_COMPARE_HYPERVISOR_CPU, { result: 1 });
always(p.CONNECT_BASELINE_HYPERVISOR_CPU, { xml: '<cpu mode="custom"><model>Skylake-Server</model></cpu>' });
always(p.NODE_GET_INFO, {
  model: 'x86_64',
  memoryKib: 268_435_456n,
  cpus: 64,
  mhz: 2_500,
  numaNodes: 1,
  sockets: 1,
  cores: 32,
  threads: 2,
});
always(p.NODE_GET_MEMORY_STATS, { params: [{ field: 'total', value: 268_435_456n }], nparams: 1 });
always(p.CONNECT_LIST_ALL_STORAGE_POOLS, { pools: [POOL], count: 1 });
always(p.STORAGE_POOL_GET_INFO, {
  state: 2,
  capacityBytes: 4_096n * GIB,
  allocationBytes: 512n * GIB,
  availableBytes: 3_584n * GIB,
});
always(p.STORAGE_POOL_GET_XML_DESC, { xml: POOL_XML });
always(p.CONNECT_LIST_ALL_NETWORKS, { nets: [{ name: 'default', uuid: POOL.uuid }], count: 1 });
always(p.CONNECT_LIST_ALL_INTERFACES, { interfaces: [], count: 0 });
perHost(p.CONNECT_LIST_ALL_DOMAINS, (host) => ({
  domains: guests().map((guest) => domainOf(host, guest)),
  count: guestsPerHost,
}));
perHost(p.CONNECT_GET_ALL_DOMAIN_STATS, (host) => ({
  records: guests().map((guest) => ({ dom: domainOf(host, guest), params: new TypedParams(statsOf()) })),
}));
always(p.DOMAIN_GET_VCPUS_FLAGS, { vcpus: GUEST.cpu });
perCall(p.DOMAIN_INTERFACE_ADDRESSES, (host, { dom }) => ({
  interfaces: [
    {
      name: 'enp1s0',
      hwaddr: '52:54:00:00:00:01',
      addrs: [{ type: 0, addr: addressOf(host, guestOf(dom.uuid)), prefix: 24 }],
    },
  ],
}));
perCall(p.QEMU_DOMAIN_AGENT_COMMAND, (host, { dom, command }) => ({
  result: JSON.stringify({ return: agentAnswer(host, guestOf(dom.uuid), command) }),
}));

function agentAnswer(host: number, guest: number, command: string): unknown {
  if (command.includes('guest-file-open')) return 7;
  if (!command.includes('guest-file-read')) return {};
  const bootId = `${bootIdOf(host, guest)}\n`;
  return { count: bootId.length, 'buf-b64': Buffer.from(bootId).toString('base64'), eof: true };
}

function guests(): readonly number[] {
  return Array.from({ length: guestsPerHost }, (_, guest) => guest);
}

function domainOf(host: number, guest: number) {
  return { name: domainNameOf(host, guest), uuid: domainUuidOf(host, guest), id: guest + 1 };
}

function guestOf(uuid: string): number {
  return Number.parseInt(uuid.slice(-4), 16);
}

/** What libvirt 9 tells of a running guest's state, balloon and vCPUs when it need not wait for QEMU. */
function statsOf(): readonly TypedParam[] {
  const kib = BigInt(GUEST.memoryKib);
  const params: TypedParam[] = [
    { name: 'state.state', type: 'int', value: 1 },
    { name: 'state.reason', type: 'int', value: 1 },
    { name: 'balloon.current', type: 'ullong', value: kib },
    { name: 'balloon.maximum', type: 'ullong', value: kib },
    { name: 'balloon.swap_in', type: 'ullong', value: 0n },
    { name: 'balloon.swap_out', type: 'ullong', value: 0n },
    { name: 'balloon.unused', type: 'ullong', value: kib / 2n },
    { name: 'balloon.available', type: 'ullong', value: kib },
    { name: 'balloon.rss', type: 'ullong', value: kib },
    { name: 'vcpu.current', type: 'uint', value: GUEST.cpu },
    { name: 'vcpu.maximum', type: 'uint', value: GUEST.cpu },
  ];
  for (let vcpu = 0; vcpu < GUEST.cpu; vcpu += 1) {
    params.push(
      { name: `vcpu.${vcpu}.state`, type: 'int', value: 1 },
      { name: `vcpu.${vcpu}.time`, type: 'ullong', value: 123_456_789_000n },
      { name: `vcpu.${vcpu}.wait`, type: 'ullong', value: 0n },
      { name: `vcpu.${vcpu}.delay`, type: 'ullong', value: 98_765_432n },
    );
  }
  return params;
}

const looks = new Uint32Array(hosts);

function serve(socket: Socket): void {
  const host = hostOfAddress(socket.localAddress ?? '');
  if (!(host >= 0 && host < hosts) || socket.remoteAddress?.startsWith('127.') !== true) {
    socket.destroy();
    return;
  }
  const splitter = new PacketSplitter(MOST_BYTES);
  socket.setNoDelay(true);
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    for (const { header, body } of splitter.push(chunk)) {
      if (header.program === KEEPALIVE_PROGRAM) {
        const pong = { ...header, procedure: PONG, type: PacketType.MESSAGE, serial: 0 };
        socket.write(encodeRawPacket(pong));
        continue;
      }
      const answer = answers.get(keyOf(header.program, header.procedure));
      const packet = Buffer.from(answer === undefined ? unsupported(header) : answer(host, body));
      setSerial(packet, header.serial);
      socket.write(packet);
      if (header.procedure === p.CONNECT_GET_ALL_DOMAIN_STATS.number) looks[host] = (looks[host] ?? 0) + 1;
    }
  });
}

// The kernel's own limit of connections that wait to be taken applies.
const server = createServer(serve).listen({ host: '0.0.0.0', port: 0, backlog: 4_096 });
await once(server, 'listening');
process.send?.({ port: (server.address() as AddressInfo).port });
process.on('message', () => process.send?.({ looks: [...looks] }));
process.on('disconnect', () => process.exit());
