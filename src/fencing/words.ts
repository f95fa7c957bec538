// The setting of a fencing program, read once: the program and its arguments, as they will be given to it.

import { isAbsolute } from 'node:path';
import type { FencedHost } from '../ports/fence.js';

/** A JSON array of strings, or words between spaces; a problem in words where it is neither, or names no absolute path. */
export function readWords(text: string): readonly string[] | { readonly problem: string } {
  const words = text.trimStart().startsWith('[') ? readArray(text) : text.split(' ').filter((word) => word !== '');
  if (words === undefined) return { problem: 'is no JSON array of texts' };
  const [program = ''] = words;
  if (!isAbsolute(program)) return { problem: `begins with ${program}, and not with the absolute path of a program` };
  if (words.some((word) => word.includes('\0'))) return { problem: 'holds a NUL' };
  if (!words.slice(1).some((word) => /\{(hostname|address)\}/.test(word)))
    return { problem: 'has neither {hostname} nor {address}: it would switch off the same host each time' };
  return words;
}

function readArray(text: string): string[] | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) && value.every((word) => typeof word === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A host's name and address are of a grammar without a leading dash or a space: they stay what they are in an argument. */
export function fillWords([program = '', ...args]: readonly string[], host: FencedHost): readonly string[] {
  const filled = args.map((arg) => arg.replaceAll('{hostname}', host.hostname).replaceAll('{address}', host.address));
  return [program, ...filled];
}
