import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/**
 * Reads a config that was stored in resolved form, beside weights. Nothing is filled in: a default of today need not be
 * what the weights were trained with. Only in the section `scoring`, which no weight depends on, keys may be missing.
 *
 * @returns The config, or a sentence that tells why it cannot be used.
 */
export function readComplete<Schema extends z.ZodType>(
  schema: Schema,
  stored: unknown,
): { readonly config: z.output<Schema> } | { readonly fault: string } {
  const { data, error } = schema.safeParse(stored);
  if (error) return { fault: z.prettifyError(error) };
  const missing = firstDifference(stored, data, []);
  return missing === undefined ? { config: data } : { fault: `it does not tell \`${missing}\`` };
}

/** The section that says how validation scores. */
const scoring = 'scoring';

/** The dotted path of the first value that parsing has added or changed. */
function firstDifference(stored: unknown, parsed: unknown, path: readonly string[]): string | undefined {
  if (isDeepStrictEqual(stored, parsed) || path.at(-1) === scoring) return undefined;
  if (!isRecord(stored) || !isRecord(parsed)) return path.join('.');
  for (const key of Object.keys(parsed)) {
    const below = firstDifference(stored[key], parsed[key], [...path, key]);
    if (below !== undefined) return below;
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
