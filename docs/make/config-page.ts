import { readFileSync } from 'node:fs';
import { generated, table } from './markdown.js';

/** What is used here of a JSON Schema. */
interface Schema {
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Letters; a longer default would take the width from the meanings. */
const longestDefault = 30;

/** Every key of the configs, of configs/config.schema.json. */
export function configPage(root: string): string {
  const schema = JSON.parse(readFileSync(`${root}/configs/config.schema.json`, 'utf8')) as Schema;
  return [
    generated('Config keys', '`configs/config.schema.json`, which `nucleate config schema` prints'),
    'A key `a.b` is `b` in the mapping `a`; `--set a.b=value` changes it. Sizes are in px of the image unless they say otherwise.',
    ...schema.oneOf!.map((task) => {
      const name = String(task.properties!['task']!.const);
      return `\n## ${name[0]!.toUpperCase()}${name.slice(1)}\n\n${table(['Key', 'Meaning', 'Values', 'Default'], rowsOf(task, ''))}`;
    }),
  ].join('\n');
}

function rowsOf({ properties = {}, ...schema }: Schema, prefix: string): string[][] {
  const variants = [...(schema.oneOf ?? []), ...(schema.anyOf ?? [])].filter((variant) => variant.properties);
  return [
    ...Object.entries(properties).flatMap(([name, value]) => {
      const key = `${prefix}${name}`;
      const { default: fallback, description = '' } = value;
      const shown =
        fallback === undefined || (typeof fallback === 'object' && fallback !== null && value.properties)
          ? ''
          : JSON.stringify(fallback).length > longestDefault
            ? 'a list; `nucleate config show` prints it'
            : `\`${JSON.stringify(fallback)}\``;
      return [
        [`\`${key}\``, description, valuesOf(value), shown],
        ...rowsOf(value, `${key}.`),
        ...(value.items ? rowsOf(value.items, `${key}[].`) : []),
      ];
    }),
    ...variants.flatMap((variant) => rowsOf(variant, prefix)),
  ];
}

function valuesOf(schema: Schema): string {
  const { const: constant, enum: values, anyOf, oneOf, type, items } = schema;
  if (constant !== undefined) return `\`${JSON.stringify(constant)}\``;
  if (values) return values.map((value) => `\`${JSON.stringify(value)}\``).join(', ');
  const variants = anyOf ?? oneOf;
  if (variants) return [...new Set(variants.map(valuesOf))].join(' or ');
  if (items) return `list of ${valuesOf(items)}`;
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema;
  const limits = [
    minimum === undefined ? '' : `at least ${minimum}`,
    exclusiveMinimum === undefined ? '' : `above ${exclusiveMinimum}`,
    // The largest whole number that JSON holds is no limit that anybody meets.
    maximum === undefined || maximum === Number.MAX_SAFE_INTEGER ? '' : `at most ${maximum}`,
    exclusiveMaximum === undefined ? '' : `below ${exclusiveMaximum}`,
  ].filter((limit) => limit !== '');
  return [type ?? 'value', ...limits].join(', ');
}
