/** A value of a config with the place where it is written: `file:line:column`, or `--set key=value`. */
export type Located = LocatedMapping | LocatedList | LocatedScalar;

export interface LocatedMapping {
  readonly kind: 'mapping';
  readonly where: string;
  /** A `Map`, because a key may be `__proto__`. */
  readonly entries: ReadonlyMap<string, LocatedEntry>;
}

export interface LocatedEntry {
  readonly keyWhere: string;
  readonly value: Located;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly where: string;
  readonly items: readonly Located[];
}

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly where: string;
  readonly value: unknown;
}

export type Path = readonly PropertyKey[];

/** Merges `top` into `base`: mappings deeply, lists and scalars are replaced. Every value keeps its place. */
export function merge(base: LocatedMapping, top: LocatedMapping): LocatedMapping {
  const entries = new Map(base.entries);
  for (const [key, { keyWhere, value }] of top.entries) {
    entries.set(key, { keyWhere, value: over(base.entries.get(key)?.value, value) });
  }
  return { ...top, entries };
}

/** {@link merge} for any two values. */
export function over(base: Located | undefined, top: Located): Located {
  return base?.kind === 'mapping' && top.kind === 'mapping' ? merge(base, top) : top;
}

/** The plain value, without places. */
export function plain(located: Located): unknown {
  switch (located.kind) {
    case 'mapping':
      return Object.fromEntries([...located.entries].map(([key, { value }]) => [key, plain(value)]));
    case 'list':
      return located.items.map(plain);
    case 'scalar':
      return located.value;
  }
}

/** A plain value with one place for all of it, such as a default or a stored config. */
export function located(value: unknown, where = ''): Located {
  if (Array.isArray(value))
    return { kind: 'list', where, items: value.map((item: unknown) => located(item, where)) };
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', where, value };
  const entries = Object.entries(value).map(
    ([key, below]) => [key, { keyWhere: where, value: located(below, where) }] as const,
  );
  return { kind: 'mapping', where, entries: new Map(entries) };
}

/** The value at `path`; undefined where a key is missing. */
export function valueAt(root: Located, path: Path): Located | undefined {
  let located: Located | undefined = root;
  for (const key of path) {
    if (located?.kind === 'mapping') located = located.entries.get(String(key))?.value;
    else if (located?.kind === 'list') located = located.items[Number(key)];
    else return undefined;
  }
  return located;
}

/** The place of the value at `path`, or of the nearest value around it where a key is missing. */
export function whereAt(root: Located, path: Path): string {
  return valueAt(root, path)?.where ?? whereAt(root, path.slice(0, -1));
}

/** The place of the last key of `path`, rather than of its value. */
export function whereKeyAt(root: Located, path: Path): string {
  const parent = valueAt(root, path.slice(0, -1));
  const entry = parent?.kind === 'mapping' ? parent.entries.get(String(path.at(-1))) : undefined;
  return entry?.keyWhere ?? whereAt(root, path);
}

/** The place of every scalar and list, by its dotted path. */
export function origins(located: Located, prefix = ''): Map<string, string> {
  if (located.kind !== 'mapping') return new Map([[prefix, located.where]]);
  return new Map(
    [...located.entries].flatMap(([key, { value }]) => [
      ...origins(value, prefix ? `${prefix}.${key}` : key),
    ]),
  );
}
