// Pages: together they are the list, in order, once each; and no token is taken for another list's.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { isRefusal } from '../../src/fleet/refusal.js';
import { newestFirst, type Page, pageOf } from '../../src/queries/page.js';

const listing = { filterKey: 'letters', keyOf: (item: string) => item };

function page(items: readonly string[], size: number, token: string, filterKey = 'letters'): Page<string> {
  const found = pageOf(items, { ...listing, filterKey }, { size, token });
  if (isRefusal(found)) assert.fail(found.message);
  return found;
}

function allPages(items: readonly string[], size: number): string[] {
  const all: string[] = [];
  let token = '';
  do {
    const next = page(items, size, token);
    assert.ok(next.items.length <= size && (next.items.length > 0 || items.length === 0));
    all.push(...next.items);
    token = next.nextToken;
  } while (token !== '');
  return all;
}

describe('pages', () => {
  it('are the whole list in order, each item once', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.string({ minLength: 1 })), fc.integer({ min: 1, max: 20 }), (items, size) => {
        assert.deepEqual(allPages(items, size), [...items].sort());
      }),
    );
  });

  it('go on where the one before ended, whatever changed meanwhile', () => {
    const first = page(['a', 'c', 'e', 'g'], 2, '');
    assert.deepEqual(first.items, ['a', 'c']);
    assert.deepEqual(page(['a', 'b', 'd', 'g'], 2, first.nextToken).items, ['d', 'g']);
    assert.deepEqual(page([], 2, first.nextToken), { items: [], nextToken: '' });
  });

  it('are of 100 items unless another size is given, and of 1,000 at most', () => {
    const items = Array.from({ length: 1_500 }, (_, i) => String(i).padStart(4, '0'));
    assert.equal(page(items, 0, '').items.length, 100);
    assert.equal(page(items, 1_000, '').items.length, 1_000);
    for (const size of [-1, 1_001, 0.5, Number.NaN]) {
      const refused = pageOf(items, listing, { size, token: '' });
      assert.ok(isRefusal(refused) && refused.violations[0]?.field === 'page_size');
    }
  });

  it('refuse a token of another filter, and what is no token at all', () => {
    const { nextToken } = page(['a', 'b'], 1, '');
    const forged = Buffer.from('["x",5]').toString('base64url');
    for (const token of [nextToken.slice(1), 'x', 'null', '{}', forged, '🙂']) {
      const refused = pageOf(['a', 'b'], listing, { size: 1, token });
      assert.ok(isRefusal(refused) && refused.violations[0]?.field === 'page_token', token);
    }
    assert.ok(isRefusal(pageOf(['a', 'b'], { ...listing, filterKey: 'digits' }, { size: 1, token: nextToken })));
  });

  it('can begin with the newest', () => {
    const at = (ms: number) => newestFirst(new Date(ms), 'name');
    assert.ok(at(2_000_000_000_000) < at(1_999_999_999_999));
    assert.ok(at(1) < at(0));
  });
});
