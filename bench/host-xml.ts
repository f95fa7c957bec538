// What a host of the usual size says of itself in XML: a few dozen features, machine types and CPU models, 64 CPUs.

const many = (count: number, of: (index: number) => string): string =>
  Array.from({ length: count }, (_, i) => of(i)).join('\n');

const FEATURES = many(48, (i) => `<feature policy='require' name='feature${i}'/>`);
const MACHINES = many(
  64,
  (i) => `<machine maxCpus='${i < 32 ? 255 : 288}'>pc-${i < 32 ? 'i440fx' : 'q35'}-${i % 32}.0</machine>`,
);
const CPUS = many(
  64,
  (i) => `<cpu id='${i}' socket_id='0' die_id='0' core_id='${i >> 1}' siblings='${i & ~1}-${i | 1}'/>`,
);

export const CAPABILITIES_OF = (uuid: string): string => `<capabilities>
<host><uuid>${uuid}</uuid><cpu><arch>x86_64</arch><model>Skylake-Server-IBRS</model><vendor>Intel</vendor>
<topology sockets='1' dies='1' cores='32' threads='2'/>
${many(48, (i) => `<feature name='feature${i}'/>`)}</cpu>
<power_management><suspend_mem/></power_management><iommu support='yes'/>
<topology><cells num='1'><cell id='0'><memory unit='KiB'>268435456</memory><cpus num='64'>
${CPUS}</cpus></cell></cells></topology></host>
${['i686', 'x86_64']
  .map(
    (arch) => `<guest><os_type>hvm</os_type><arch name='${arch}'><wordsize>64</wordsize>
<emulator>/usr/bin/qemu-system-x86_64</emulator>
${MACHINES}<domain type='qemu'/><domain type='kvm'/></arch></guest>`,
  )
  .join('\n')}
</capabilities>`;

export const DOMAIN_CAPABILITIES = `<domainCapabilities><path>/usr/bin/qemu-system-x86_64</path><domain>kvm</domain>
<machine>pc-i440fx-7.2</machine><arch>x86_64</arch><vcpu max='255'/><cpu>
<mode name='host-passthrough' supported='yes'/>
<mode name='host-model' supported='yes'><model fallback='forbid'>Skylake-Server-IBRS</model><vendor>Intel</vendor>
${FEATURES}</mode>
<mode name='custom' supported='yes'>
${many(120, (i) => `<model usable='${i % 3 === 0 ? 'no' : 'yes'}' vendor='Intel'>Model-${i}</model>`)}</mode></cpu>
</domainCapabilities>`;

export const POOL_XML = `<pool type='dir'><name>local</name><target><path>/var/lib/libvirt/images</path></target></pool>`;
