import { CST, Parser } from 'yaml';

/**
 * Finds YAML that is nested too deeply, without recursion.
 *
 * Composing YAML is recursive, and V8 aborts the process without an exception if the stack overflows inside a regular
 * expression; 4 kB of `{a: {a: {a:` are enough. The parser used here has its own stack.
 *
 * @param depth Allowed levels of mappings and lists.
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
