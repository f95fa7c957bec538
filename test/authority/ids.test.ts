import assert from 'node:assert/strict';
import { type IdSource, randomIds, seededIds } from '../../src/authority/ids.js';

const FORMS = {
  newUuid: /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  newOperationName: /^op-[0-9a-f]{20}$/,
  newMac: /^52:54:00(:[0-9a-f]{2}){3}$/,
};

function draw(ids: IdSource): string[] {
  return Array.from({ length: 200 }, () => [ids.newUuid(), ids.newOperationName(), ids.newMac()]).flat();
}

describe('ids', () => {
  for (const [name, ids] of Object.entries({ random: randomIds, seeded: seededIds(7) })) {
    it(`have their forms and do not repeat: ${name}`, () => {
      for (const [form, pattern] of Object.entries(FORMS) as [keyof typeof FORMS, RegExp][]) {
        const drawn = Array.from({ length: 500 }, () => ids[form]());
        for (const id of drawn) assert.match(id, pattern);
        if (form !== 'newMac') assert.equal(new Set(drawn).size, drawn.length);
      }
      for (let i = 0; i < 1_000; i += 1) assert.ok(ids.random() >= 0 && ids.random() < 1);
    });
  }

  it('are the same for the same seed, and others for another', () => {
    assert.deepEqual(draw(seededIds(1)), draw(seededIds(1)));
    assert.notDeepEqual(draw(seededIds(1)), draw(seededIds(2)));
  });
});
