import {
  type ErrorCode,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
} from 'yaml';
import type { Problem } from '../errors.js';
import type { Located, LocatedEntry } from './located.js';
import { offsetBelow } from './nesting.js';
import { quoted, shortened } from './wording.js';

/** Far above the three levels of a config. */
const maxDepth = 20;

const options = {
  // A `%YAML 1.1` line would otherwise bring merge keys and `yes` for true.
  schema: 'core',
  resolveKnownTags: false,
  stringKeys: true,
  // The check of `yaml` takes quadratic time; `locate` finds duplicates in linear time.
  uniqueKeys: false,
  prettyErrors: false,
} as const;

/** How places in the text are named, and where problems are reported. */
export interface YamlReader {
  /** Names a 1-based line and column of the text. */
  readonly placeOf: (line: number, column: number) => string;
  readonly report: (problem: Problem) => void;
}

/**
 * Reads one YAML 1.2 document and keeps the place of every value.
 *
 * Aliases and tags other than the core ones are errors. Duplicate keys are reported; the last one is kept.
 *
 * @returns `undefined` if the text cannot be used; the reasons have been reported.
 */
export function readYaml(text: string, { placeOf, report }: YamlReader): Located | undefined {
  const lineCounter = new LineCounter();
  lineCounter.addNewLine(0);
  for (const { index } of text.matchAll(/\n/gu)) lineCounter.addNewLine(index + 1);
  const at = (offset: number) => {
    const { line, col } = lineCounter.linePos(Math.min(offset, text.length));
    return placeOf(line, col);
  };

  const deep = offsetBelow(maxDepth, text);
  if (deep !== undefined) {
    const what = `Expected at most ${maxDepth} levels of nesting, received more.`;
    report({ what, where: at(deep), hint: 'Write fewer brackets and indentations.' });
    return undefined;
  }

  const document = parseDocument(text, options);
  const errors = [...document.errors, ...document.warnings];
  for (const error of errors) report({ ...explainYaml(error), where: at(error.pos[0]) });
  let usable = errors.length === 0;
  visit(document, {
    Alias: (_, { source, range }) => {
      usable = false;
      const hint = 'Write the value out; `extends` shares values between files.';
      report({
        what: `Expected no alias, received ${quoted(`*${source}`)}.`,
        where: at(range?.[0] ?? 0),
        hint: hint,
      });
    },
  });
  return usable ? locate(document.contents, at, report) : undefined;
}

function locate(
  node: Node | null,
  at: (offset: number) => string,
  report: (problem: Problem) => void,
): Located {
  const where = at(node?.range?.[0] ?? 0);
  if (isMap<Node, Node | null>(node)) {
    const entries = new Map<string, LocatedEntry>();
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? String(key.value) : '';
      const keyWhere = at(key.range?.[0] ?? 0);
      if (entries.has(name)) {
        report({ what: `Duplicate key ${quoted(name)}.`, where: keyWhere, hint: 'Keep one of the two.' });
      }
      // A key without a value, such as `seed` in `{seed}`, has no node: its value is null, at the key.
      const empty: Located = { kind: 'scalar', where: keyWhere, value: null };
      entries.set(name, { keyWhere, value: value ? locate(value, at, report) : empty });
    }
    return { kind: 'mapping', where, entries };
  }
  if (isSeq<Node>(node)) {
    return { kind: 'list', where, items: node.items.map((item) => locate(item, at, report)) };
  }
  return { kind: 'scalar', where, value: isScalar(node) ? node.value : null };
}

function explainYaml({ code, message }: YAMLError): Problem {
  const what = `Expected valid YAML: ${shortened(message, 200)}.`;
  return commonErrors[code] ?? { what, hint: 'Correct the YAML here or just above.' };
}

const commonErrors: Partial<Record<ErrorCode, Problem>> = {
  TAB_AS_INDENT: {
    what: 'Expected spaces as indentation, received a tab.',
    hint: 'Replace the tab by spaces.',
  },
  MULTIPLE_DOCS: { what: 'Expected one YAML document, received several.', hint: 'Keep one, without `---`.' },
  NON_STRING_KEY: { what: 'Expected a key to be a plain name.', hint: 'Write `key: value`.' },
  TAG_RESOLVE_FAILED: { what: 'Expected no tag other than those of plain YAML.', hint: 'Remove the tag.' },
};
