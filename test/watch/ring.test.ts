// The ring of committed batches: what it keeps, and what answers are made of it.

import assert from 'node:assert/strict';
import { answerOf } from '../../src/watch/answer.js';
import { Ring } from '../../src/watch/ring.js';
import { entryOf, read, TEXTS } from './entries.js';

const MANY = { maxEntries: 1_000, maxBytes: 2 ** 30 };

const batch = (first: number, count: number, labels = {}) =>
  Array.from({ length: count }, (_, index) =>
    entryOf(first + index, `guest${index}`, index % 2 === 0 ? 'a' : 'b', labels),
  );

/** All that the ring tells after the cursor, answer by answer. */
function answers(ring: Ring, cursor: number, filter = '', maxBytes = 2 ** 20) {
  const told = [];
  while (cursor < ring.lastRevision) {
    const answer = answerOf(TEXTS, filter, cursor, ring.after(cursor), maxBytes);
    assert.ok(answer.to > cursor, 'it gets on');
    cursor = answer.to;
    const one = read(answer.bytes);
    if (one !== undefined) told.push(one);
  }
  return told;
}

describe('the ring of a watch', () => {
  it('keeps so many entries, the newest, and whole batches only', () => {
    const ring = new Ring(0, { ...MANY, maxEntries: 10 });
    for (let first = 1; first <= 100; first += 4) ring.append(batch(first, 4));
    assert.equal(ring.lastRevision, 100);
    assert.equal(ring.oldestRevision, 92);
    assert.deepEqual(answers(ring, 92).flatMap(({ events }) => events).length, 8);
  });

  it('keeps so many bytes: entries with long labels are fewer', () => {
    const bounded = { maxEntries: 1_000, maxBytes: 100_000 };
    const [short, long] = [new Ring(0, bounded), new Ring(0, bounded)];
    const labels = Object.fromEntries(Array.from({ length: 60 }, (_, index) => [`key${index}`, 'x'.repeat(60)]));
    for (let revision = 1; revision <= 200; revision++) {
      short.append(batch(revision, 1));
      long.append(batch(revision, 1, labels));
    }
    assert.ok(short.lastRevision - short.oldestRevision > 90);
    assert.ok(long.lastRevision - long.oldestRevision < 15 && long.lastRevision - long.oldestRevision > 5);
  });

  it('keeps a batch that alone is more than it may hold', () => {
    const ring = new Ring(0, { maxEntries: 10, maxBytes: 10_000 });
    ring.append(batch(1, 5));
    ring.append(batch(6, 1_000));
    assert.equal(ring.oldestRevision, 5);
    assert.equal(answers(ring, 5).flatMap(({ events }) => events).length, 1_000);
  });

  it('tells what a slow watcher missed in one answer, and says where a commit ends', () => {
    const ring = new Ring(0, MANY);
    for (let first = 1; first <= 20; first += 2) ring.append(batch(first, 2));
    const [all] = answers(ring, 0);
    assert.equal(all?.events.length, 20);
    assert.deepEqual([all?.revision, all?.batchEnd], [20, true]);
    const [later] = answers(ring, 5);
    assert.equal(later?.events[0], 'upserted guest1 @6', 'also from the middle of a batch');
  });

  it('splits answers that grow too large, anywhere in a batch, and says so', () => {
    const ring = new Ring(0, MANY);
    ring.append(batch(1, 50));
    const told = answers(ring, 0, '', 100);
    assert.ok(told.length > 5);
    assert.equal(told.flatMap(({ events }) => events).length, 50);
    const last = told.pop();
    assert.deepEqual([last?.revision, last?.batchEnd], [50, true]);
    for (const { events, revision, batchEnd } of told) {
      assert.equal(batchEnd, false);
      assert.equal(events.at(-1)?.split('@')[1], String(revision));
    }
  });

  it('tells a filter its own only, and gets on where nothing is', () => {
    const ring = new Ring(0, MANY);
    ring.append(batch(1, 10));
    assert.equal(answers(ring, 0, 'b').flatMap(({ events }) => events).length, 5);
    assert.deepEqual(answers(ring, 0, 'nowhere'), []);
  });

  it('begins anew where something is missing between two commits', () => {
    const ring = new Ring(0, MANY);
    ring.append(batch(1, 4));
    ring.append(batch(9, 2));
    assert.deepEqual([ring.oldestRevision, ring.lastRevision], [8, 10]);
  });
});
