import { isDeepStrictEqual } from 'node:util';
import { z } from 'zod';

/**
 * Reads a config that was stored with every key, beside weights, and is in today's keys (see `migrations.ts`). Nothing is
 * filled in: today's default need not be what the weights were trained with.
 *
 * @returns The config, or why it cannot be used, as a clause without a full stop.
 */
export function readComplete<Schema extends z.ZodType>(
  schema: Schema,
  stored: unknown,
): { readonly config: z.output<Schema> } | { readonly fault: string } {
  const { data, error } = schema.safeParse(stored);
  if (error) return { fault: z.prettifyError(error) };
  const missing = firstDifference(stored, data, []);
  return missing === undefined ? { config: data } : { fault: `\`${missing}\` is missing` };
}

/** The dotted path of the first value that parsing added or changed. */
function firstDifference(stored: unknown, parsed: unknown, path: readonly string[]): string | undefined {
  if (isDeepStrictEqual(stored, parsed)) return undefined;
  if (!isRecord(stored) || !isRecord(parsed)) return path.join('.');
  for (const key of Object.keys(parsed)) {
    const below = firstDifference(stored[key], parsed[key], [...path, key]);
    if (below !== undefined) return below;
  }
  return undefined;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
