import { nearestOf } from '../nearest.js';
import type { JsonSchema } from './json-schema.js';
import { backticked, choicesOf, received } from './wording.js';

/** What to do about a key that is not one of `allowed`. */
export function adviceForKey(key: string, allowed: readonly string[]): string {
  return didYouMean(key, allowed) ?? `The keys here are ${backticked(allowed)}.`;
}

/** What to do about a value, or its absence, that `schema` does not accept. */
export function adviceForValue(value: unknown, schema: JsonSchema): string {
  if (value === undefined) return 'Add the key.';
  const guess = didYouMean(value, choicesOf(schema).map(String));
  if (guess) return guess;
  if (schema.type === 'string' && ['number', 'boolean'].includes(typeof value)) return 'Write it in quotes.';
  if (schema.default === undefined) return 'Correct the value.';
  const fallback = schema.type === 'object' ? 'its defaults' : `its default, ${received(schema.default)}`;
  return `Correct the value, or leave the key out for ${fallback}.`;
}

function didYouMean(written: unknown, allowed: readonly string[]): string | undefined {
  const guess = typeof written === 'string' ? nearestOf(written, allowed) : undefined;
  return guess === undefined ? undefined : `Did you mean ${backticked([guess])}?`;
}
