/** The value of a dotted key, such as `loader.batchSize`; undefined if there is none. */
export function valueOfKey(config: Readonly<Record<string, unknown>>, key: string): unknown {
  return key.split('.').reduce<unknown>((value, name) => recordOf(value)[name], config);
}

/** The value if it is an object, else an empty object. */
export const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
