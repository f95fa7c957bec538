// What the adapter is told by the program's configuration.

import type { SshCredentials } from '../../libvirt/client.js';

export interface LibvirtOptions {
  /** Directory with cacert.pem, clientcert.pem and clientkey.pem, for qemu+tls. */
  readonly pkiDirectory?: string;
  /** Key and known hosts, for qemu+ssh. */
  readonly ssh?: SshCredentials;
  /** Whether qemu+tcp (nothing is encrypted) and test+unix (no real guests) may be used. Default: no. */
  readonly insecureTransports?: boolean;
  /** Whether this process may change something on hosts now; asked as each call is written. Default: always. */
  readonly mayChange?: () => boolean;
}
