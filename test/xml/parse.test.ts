import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseXml, type XmlProblemKind } from '../../src/xml/parse.js';
import { isXmlText, serialize } from '../../src/xml/serialize.js';
import { element, textOf, type XmlElement, type XmlNode } from '../../src/xml/tree.js';
import { BOUNDS } from './bounds.js';

function read(source: string): XmlElement {
  const parsed = parseXml(source, BOUNDS);
  assert.ok(parsed.ok, parsed.ok ? '' : parsed.problem.message);
  return parsed.root;
}

describe('xml/parse', () => {
  const wellFormed: readonly [string, string][] = [
    ['<a/>', '<a/>'],
    ['\uFEFF<?xml version="1.0" encoding="UTF-8"?>\r\n<a >x</a >\n<!-- end -->', '<a>x</a>'],
    ['<a b = "1" c=\'2"\'/>', "<a b='1' c='2\"'/>"],
    ['<a>&lt;&#65;&#x42;&amp;amp;<![CDATA[<&]]>x</a>', '<a>&lt;AB&amp;amp;&lt;&amp;x</a>'],
    ['<a b="1\n2&#10;3"/>', "<a b='1 2&#10;3'/>"],
    ['<a><!-- <b> --><?pi x?>t</a>', '<a>t</a>'],
    ['<a xmlns:q="u"><q:b q:c="1"/></a>', "<a xmlns:q='u'><q:b q:c='1'/></a>"],
  ];
  for (const [source, expected] of wellFormed) {
    it(`reads ${JSON.stringify(source)}`, () => assert.equal(serialize(read(source)), expected));
  }

  const refused: readonly [string, XmlProblemKind][] = [
    ['', 'MALFORMED'],
    ['x', 'MALFORMED'],
    ['<a>', 'MALFORMED'],
    ['<a></b>', 'MALFORMED'],
    ['<a><b></a></b>', 'MALFORMED'],
    ['<a/><b/>', 'MALFORMED'],
    ['<a/>x', 'MALFORMED'],
    ['</a>', 'MALFORMED'],
    ['<a x="1" x="2"/>', 'MALFORMED'],
    ['<a xmlns:p="u" xmlns:q="u" p:x="1" q:x="2"/>', 'MALFORMED'],
    ['<a x=1/>', 'MALFORMED'],
    ['<a x/>', 'MALFORMED'],
    ['<a x="1"y="2"/>', 'MALFORMED'],
    ['<a x="<"/>', 'MALFORMED'],
    ['<a x="1/>', 'MALFORMED'],
    ['<a>&</a>', 'MALFORMED'],
    ['<a>&#0;</a>', 'MALFORMED'],
    ['<a>&#xD800;</a>', 'MALFORMED'],
    ['<a>&#x110000;</a>', 'MALFORMED'],
    ['<a>&#9999999999;</a>', 'FORBIDDEN'],
    ['<a>]]></a>', 'MALFORMED'],
    ['<a>\u0001</a>', 'MALFORMED'],
    ['<a>\uD800</a>', 'MALFORMED'],
    ['<a><!-- -- --></a>', 'MALFORMED'],
    ['<a><![CDATA[x</a>', 'MALFORMED'],
    ['<p:a/>', 'MALFORMED'],
    ['<a:b:c/>', 'MALFORMED'],
    ['<1a/>', 'MALFORMED'],
    ['< a/>', 'MALFORMED'],
    [' <?xml version="1.0"?><a/>', 'MALFORMED'],
    ['<?xml version="1.0" encoding="UTF-16"?><a/>', 'FORBIDDEN'],
    ['<!DOCTYPE a><a/>', 'FORBIDDEN'],
    ['<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>', 'FORBIDDEN'],
    ['<a>&b;</a>', 'FORBIDDEN'],
    ['<a>&constructor;</a>', 'FORBIDDEN'],
    [`${'<a>'.repeat(33)}${'</a>'.repeat(33)}`, 'FORBIDDEN'],
    [`<a>${'x'.repeat(BOUNDS.maxTextBytes)}</a>`, 'TOO_LARGE'],
    [`<a>${'é'.repeat(BOUNDS.maxTextBytes / 2)}</a>`, 'TOO_LARGE'],
  ];
  for (const [source, kind] of refused) {
    it(`refuses ${JSON.stringify(source.slice(0, 70))}`, () => {
      const parsed = parseXml(source, BOUNDS);
      assert.equal(parsed.ok ? 'read' : parsed.problem.kind, kind);
    });
  }

  it('says where a problem is', () => {
    const parsed = parseXml('<a>\n  <b>\n</a>', BOUNDS);
    assert.ok(!parsed.ok);
    assert.deepEqual({ line: parsed.problem.line, column: parsed.problem.column }, { line: 3, column: 4 });
  });

  it('reads a text full of references in one pass', () => {
    const root = read(`<a>${'&#65;'.repeat(200_000)}</a>`);
    assert.equal(textOf(root).length, 200_000);
  });

  it('reads back every tree as it was written', () => {
    const text = fc.string({ unit: 'binary', maxLength: 20 }).filter(isXmlText);
    const name = fc.stringMatching(/^[a-zA-Z_][a-zA-Z0-9_.-]{0,5}$/).filter((s) => !/^xml/i.test(s));
    const { tree } = fc.letrec<{ tree: XmlElement }>((tie) => ({
      tree: fc
        .tuple(
          name,
          fc.dictionary(name, text, { maxKeys: 3 }),
          fc.array(fc.oneof({ depthSize: 'small' }, text, tie('tree')), { maxLength: 4 }),
        )
        .map(([n, attributes, children]) => element(n, attributes, merged(children as XmlNode[]))),
    }));
    fc.assert(fc.property(tree, (made) => assert.deepEqual(read(serialize(made)), made)));
  });

  it('never throws, whatever it is given', () => {
    const pieces = fc.constantFrom(
      '<',
      '>',
      '/',
      '</',
      '<a',
      '<a>',
      '</a>',
      '"',
      "'",
      '=',
      ' x',
      '&',
      ';',
      '#',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '<?',
      '?>',
      ':',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string()), { maxLength: 30 }), (parts) => {
        const parsed = parseXml(parts.join(''), BOUNDS);
        if (parsed.ok) assert.deepEqual(read(serialize(parsed.root)), parsed.root);
      }),
    );
  });
});

/** Neighbouring texts are one text to a reader, and an empty one is none. */
function merged(children: readonly XmlNode[]): XmlNode[] {
  const out: XmlNode[] = [];
  for (const child of children) {
    const last = out.at(-1);
    if (child === '') continue;
    if (typeof child === 'string' && typeof last === 'string') out[out.length - 1] = last + child;
    else out.push(child);
  }
  return out;
}
