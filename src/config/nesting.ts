import { CST, Parser } from 'yaml';

/**
 * Finds YAML that is nested too deeply, without recursion into it.
 *
 * Composing YAML is recursive, and V8 aborts the process, with no exception, when its stack ends inside a
 * regular expression: 4 kB of `{a: {a: {a:` are enough. The parser keeps its own stack, so it can measure.
 *
 * @param depth Levels of mappings and lists that are allowed (count).
 * @returns The offset of the first item below `depth`; `undefined` if there is none.
 */
export function offsetBelow(depth: number, text: string): number | undefined {
  let offset: number | undefined;
  for (const token of new Parser().parse(text)) {
    if (token.type !== 'document') continue;
    CST.visit(token, ({ start, key, value }, path) => {
      if (path.length <= depth) return undefined;
      offset ??= start[0]?.offset ?? key?.offset ?? value?.offset ?? token.offset;
      return CST.visit.BREAK;
    });
  }
  return offset;
}
