import assert from 'node:assert/strict';
import { fillWords, readWords } from '../../src/fencing/words.js';

describe('the words of a fencing program', () => {
  it('are a JSON array, or words between spaces', () => {
    const words = ['/sbin/fence', '--plug', '{hostname}'];
    assert.deepEqual(readWords('/sbin/fence --plug  {hostname} '), words);
    assert.deepEqual(readWords('["/sbin/fence", "--plug", "{hostname}"]'), words);
    assert.deepEqual(readWords('["/opt/my fence", "{address}"]'), ['/opt/my fence', '{address}']);
  });

  for (const [text, problem] of Object.entries({
    'fence {hostname}': 'absolute path',
    '': 'absolute path',
    '/sbin/fence --all': '{hostname}',
    '["/sbin/fence", 1]': 'no JSON array',
    '["/sbin/fence", "{hostname}"': 'no JSON array',
    '["/sbin/fence", "{hostname}\\u0000"]': 'NUL',
  })) {
    it(`are refused: ${text}`, () => {
      const read = readWords(text);
      assert.ok('problem' in read && read.problem.includes(problem), JSON.stringify(read));
    });
  }

  it('have the host filled in, wherever it stands, and never in the place of the program', () => {
    const host = { hostname: 'node1', address: '192.0.2.1' };
    assert.deepEqual(fillWords(['/{hostname}', '--ip={address}', '{hostname}.ipmi', 'off'], host), [
      '/{hostname}',
      '--ip=192.0.2.1',
      'node1.ipmi',
      'off',
    ]);
  });
});
