// The grammar of URIs: what it takes, and that it takes nothing that libvirt, ssh or a shell would read as more than a place.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  driverUri,
  formatLibvirtUri,
  InvalidUriError,
  isSecure,
  type LibvirtUri,
  libvirtSyntax,
  parseLibvirtUri,
} from '../../src/libvirt/client.js';

const good: [string, LibvirtUri][] = [
  [
    'qemu+unix:///run/libvirt/libvirt-sock',
    { driver: 'qemu', transport: 'unix', socketPath: '/run/libvirt/libvirt-sock' },
  ],
  ['test+unix:///tmp/s', { driver: 'test', transport: 'unix', socketPath: '/tmp/s' }],
  [
    'qemu+tls://host-1.example.org/system',
    { driver: 'qemu', transport: 'tls', host: 'host-1.example.org', port: 16514 },
  ],
  ['qemu+tls://10.0.0.9:1234/system', { driver: 'qemu', transport: 'tls', host: '10.0.0.9', port: 1234 }],
  ['qemu+tcp://[fd00::1]/system', { driver: 'qemu', transport: 'tcp', host: 'fd00::1', port: 16509 }],
  ['qemu+ssh://root@host/system', { driver: 'qemu', transport: 'ssh', host: 'host', port: 22, user: 'root' }],
  ['qemu+ssh://host:2222/system', { driver: 'qemu', transport: 'ssh', host: 'host', port: 2222 }],
];

const bad = [
  '',
  'qemu:///system',
  'test:///default',
  'qemu+unix://',
  'qemu+unix:///',
  'qemu+unix://run/s',
  'qemu+unix:////s',
  'qemu+unix:///run/../etc/s',
  'qemu+unix:///run/./s',
  'qemu+unix:///run/s?socket=/x',
  'qemu+unix:///run/s#x',
  'qemu+unix:///run/%2e%2e/s',
  'qemu+unix:///run/a b',
  `qemu+unix:///${'x'.repeat(107)}`,
  'qemu+unix:///s\n',
  'qemu+ext:///system?command=/tmp/x',
  'qemu+ssh://h/system?command=/tmp/x',
  'qemu+ssh://h/system&x=/system',
  'qemu+ssh://-oProxyCommand=x/system',
  'qemu+ssh://-oProxyCommand@h/system',
  'qemu+ssh://a:b@h/system',
  'qemu+ssh://root@h;id/system',
  'qemu+ssh://$(id)@h/system',
  'qemu+ssh://h/session',
  'qemu+ssh://h/',
  'qemu+ssh:///system',
  'qemu+tls://h:0/system',
  'qemu+tls://h:65536/system',
  'qemu+tls://h:/system',
  'qemu+tls://user@h/system',
  'qemu+tls://1.2.3/system',
  'qemu+tls://300.1.1.1/system',
  'qemu+tls://[::g]/system',
  'qemu+tls://[1.2.3.4]/system',
  'qemu+tls://::1/system',
  'qemu+tls://h_1/system',
  'qemu+tls://h-/system',
  'qemu+tls://h./system',
  `qemu+tls://${'a.'.repeat(127)}aa/system`,
  'test+tcp://h/default',
  'test+unix:///s?x',
  'xen+tls://h/system',
  'QEMU+tls://h/system',
  ' qemu+tls://h/system',
  'qemu+tls://h/system/',
  'sim://node1',
  'file:///etc/passwd',
];

describe('libvirt uri', () => {
  for (const [text, uri] of good) {
    it(`takes ${text}`, () => {
      assert.deepEqual(parseLibvirtUri(text), uri);
      assert.equal(formatLibvirtUri(uri), text);
    });
  }

  it('refuses everything else, without repeating it', () => {
    for (const text of bad) {
      assert.throws(() => parseLibvirtUri(text), InvalidUriError, JSON.stringify(text));
    }
    assert.throws(
      () => parseLibvirtUri('qemu+ext:///secret'),
      (error: Error) => !error.message.includes('secret'),
    );
  });

  it('never lets through what is not plain', () => {
    const piece = fc.constantFrom(
      'qemu+ssh://',
      'qemu+unix://',
      'root',
      '@',
      'h',
      '-',
      '/',
      ':',
      '?',
      '#',
      '%',
      ' ',
      '\n',
      '$',
      ';',
      '..',
      '[',
      ']',
      '/system',
      '22',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        let uri: LibvirtUri;
        try {
          uri = parseLibvirtUri(text);
        } catch (error) {
          assert.ok(error instanceof InvalidUriError);
          return;
        }
        assert.match(text, /^(qemu|test)\+(unix|tcp|tls|ssh):\/\/[A-Za-z0-9._@+,:[\]/-]+$/);
        assert.deepEqual(parseLibvirtUri(formatLibvirtUri(uri)), uri);
        if (uri.transport !== 'unix') assert.match(uri.host, /^[A-Za-z0-9]|^[0-9a-f]*:/);
      }),
      { numRuns: 2000 },
    );
  });

  it('knows what libvirt calls it, and what is secure', () => {
    const unix = parseLibvirtUri('qemu+unix:///run/s');
    assert.equal(libvirtSyntax(unix), 'qemu:///system?socket=/run/s');
    assert.equal(libvirtSyntax(parseLibvirtUri('qemu+tls://h/system')), 'qemu+tls://h/system');
    assert.equal(driverUri(parseLibvirtUri('test+unix:///run/s')), 'test:///default');
    const secure = (text: string): boolean => isSecure(parseLibvirtUri(text));
    assert.deepEqual(
      ['qemu+unix:///s', 'qemu+tls://h/system', 'qemu+ssh://h/system', 'qemu+tcp://h/system', 'test+unix:///s'].map(
        secure,
      ),
      [true, true, true, false, false],
    );
  });
});
