import type { JsonSchema } from './json-schema.js';

/** `text` on one line of at most `maxLength` characters, so that it fits in a sentence. */
export function shortened(text: string, maxLength = 60): string {
  const line = text.replace(/[\s\p{Cc}]+/gu, ' ');
  return line.length <= maxLength ? line : `${line.slice(0, maxLength)}…`;
}

/** A received value: strings in double quotes, lists and mappings as JSON, a missing value as `nothing`. */
export function received(value: unknown): string {
  if (value === undefined) return 'nothing';
  return shortened(typeof value === 'number' ? String(value) : JSON.stringify(value));
}

/** A path such as `model.channels[1]`, in backticks. */
export function quoted(...path: readonly PropertyKey[]): string {
  const steps = path.map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`));
  return backticked([steps.join('').replace(/^\./u, '')]);
}

/** Names in backticks, with commas between them. */
export function backticked(names: readonly string[]): string {
  return names.map((name) => `\`${shortened(name)}\``).join(', ');
}

/** The values a schema allows by name; empty if it is not such a schema. */
export function choicesOf(schema: JsonSchema): readonly unknown[] {
  const { const: only, enum: names, anyOf = [] } = schema;
  return names ?? (only === undefined ? anyOf.flatMap((one) => choicesOf(one)) : [only]);
}

/**
 * What a value has to be, as the words after "Expected `key` to be"; a schema's title says it where its type does not.
 *
 * @throws {Error} For a schema type that is not handled here yet.
 */
export function expectation(schema: JsonSchema): string {
  const choices = choicesOf(schema).map(String);
  if (choices.length > 0) return `${choices.length > 1 ? 'one of ' : ''}${backticked(choices)}`;
  if (schema.title !== undefined) return schema.title;
  if (schema.anyOf) return schema.anyOf.map((one) => expectation(one)).join(' or ');
  switch (schema.type) {
    case 'object':
      return 'a mapping of keys to values';
    case 'array':
      return list(schema);
    case 'string':
      return schema.minLength ? 'a string that is not empty' : 'a string';
    case 'boolean':
      return 'true or false';
    case 'integer':
    case 'number':
      return number(schema);
    case 'null':
    case undefined:
    default:
      throw new Error(`The schema type ${JSON.stringify(schema.type)} has no words for its expectation.`);
  }
}

function list({ minItems, items }: JsonSchema): string {
  const count = minItems ? ` of ${minItems} or more items` : '';
  return `a list${count}, each ${expectation(items as JsonSchema)}`;
}

function number({
  type,
  multipleOf,
  minimum,
  maximum,
  exclusiveMinimum,
  exclusiveMaximum,
}: JsonSchema): string {
  const noun = multipleOf ? `a multiple of ${multipleOf}` : type === 'integer' ? 'an integer' : 'a number';
  // zod limits every integer to what a double represents exactly; users need not see these limits.
  const lower = minimum === Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const upper = maximum === Number.MAX_SAFE_INTEGER ? undefined : maximum;
  if (lower !== undefined && upper !== undefined) return `${noun} from ${lower} to ${upper}`;
  const bounds = [
    lower !== undefined && `from ${lower} up`,
    exclusiveMinimum !== undefined && `above ${exclusiveMinimum}`,
    upper !== undefined && `up to ${upper}`,
    exclusiveMaximum !== undefined && `below ${exclusiveMaximum}`,
  ].filter((bound) => bound !== false);
  return `${noun} ${bounds.join(' and ')}`.trimEnd();
}
