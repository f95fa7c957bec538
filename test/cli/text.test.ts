// What a server sends cannot do anything to a terminal, and tables stay aligned whatever is in them.

import assert from 'node:assert/strict';
import { COLOURS, PLAIN, paintFor } from '../../src/cli/paint.js';
import { bar } from '../../src/cli/progress.js';
import { Screen } from '../../src/cli/screen.js';
import { fieldLines, tableLines } from '../../src/cli/table.js';
import { safe, safeLines, widthOf, withoutColour } from '../../src/cli/text.js';

const HOSTILE = 'web\u001b[2J\u0007\u202egpj.exe\u2028\n\u0000';

describe('text on a terminal', () => {
  it('is written out where it could move the cursor, reorder or hide something', () => {
    assert.equal(safe(HOSTILE), 'web\\u{1b}[2J\\u{7}\\u{202e}gpj.exe\\u{2028}\\u{a}\\u{0}');
    assert.equal(safe('käse 日本 🐧'), 'käse 日本 🐧');
    assert.equal(safeLines('<a>\n\t<b/>\u001b\n</a>'), '<a>\n\t<b/>\\u{1b}\n</a>');
  });

  it('is as wide as it looks', () => {
    assert.equal(widthOf('abc'), 3);
    assert.equal(widthOf('日本'), 4);
    assert.equal(widthOf('e\u0301'), 1);
    assert.equal(widthOf(COLOURS.red('abc')), 3);
  });

  it('makes tables that are aligned, colours or not, without columns that are empty', () => {
    const rows = [
      { name: 'a', size: '1', note: '' },
      { name: HOSTILE, size: '1,000', note: '' },
      { name: '日本', size: '', note: '' },
    ];
    const columns = [
      { title: 'name', cell: ({ name }: { name: string }) => name },
      { title: 'size', align: 'right' as const, cell: ({ size }: { size: string }) => size, paint: () => COLOURS.red },
      { title: 'note', cell: ({ note }: { note: string }) => note },
    ];
    const lines = tableLines(columns, rows, PLAIN).map(withoutColour);
    assert.equal(lines[0]?.trimEnd().endsWith('size'), true);
    assert.deepEqual(new Set(lines.slice(0, 3).map(widthOf)).size, 1);
    assert.equal(lines.join('\n').includes('\u001b'), false);
    assert.deepEqual(tableLines(columns, rows, COLOURS).map(withoutColour), lines);
  });

  it('leaves out fields without a value', () => {
    const fields = [
      ['vmid', 'web-1'],
      ['operation', ''],
      ['io', '4 GiB'],
    ] as const;
    assert.deepEqual(fieldLines(fields, PLAIN), ['vmid  web-1', 'io    4 GiB']);
  });

  it('is coloured on terminals, unless somebody does not want that', () => {
    assert.equal(paintFor(true, true, { TERM: 'xterm' }), COLOURS);
    assert.equal(paintFor(true, true, { TERM: 'dumb' }), PLAIN);
    assert.equal(paintFor(true, true, { NO_COLOR: '1' }), PLAIN);
    assert.equal(paintFor(true, false, { FORCE_COLOR: '1' }), PLAIN);
    assert.equal(paintFor(false, true, {}), PLAIN);
    assert.equal(paintFor(false, true, { FORCE_COLOR: '1' }), COLOURS);
  });

  it('has a bar that is exactly as wide at every per cent', () => {
    for (let percent = -5; percent <= 105; percent++) assert.equal(widthOf(bar(percent)), 24, String(percent));
    assert.equal(bar(0).trim(), '');
    assert.equal(bar(100), '█'.repeat(24));
  });

  it('keeps the line that moves below the lines that stay, and cleans up after it', () => {
    let written = '';
    const target = { isTTY: true, columns: 20, write: (data: string | Uint8Array) => (written += String(data)) };
    const screen = new Screen(target, PLAIN);
    screen.move('50 %');
    screen.line('news');
    screen.move('a text that is longer than the terminal is wide');
    screen.still();
    assert.equal(written.indexOf('news\n50 %') > 0, true);
    assert.equal(written.includes('longer than'), false);
    assert.equal(written.endsWith('\u001b[?25h'), true);
  });
});
