/** Unites ids into groups: if a belongs to b, and b to c, all three are one group. */
export class Groups {
  readonly #parents = new Map<string, string>();

  constructor(ids: Iterable<string>) {
    for (const id of ids) this.#parents.set(id, id);
  }

  /** Merges the groups of two ids. Unknown ids are ignored. */
  unite(one: string, other: string): void {
    const [first, second] = [this.#rootOf(one), this.#rootOf(other)].sort();
    if (first !== undefined && second !== undefined) this.#parents.set(second, first);
  }

  /** Every group. Its key is its first id in code-unit order. */
  all(): ReadonlyMap<string, readonly string[]> {
    const groups = new Map<string, string[]>();
    for (const id of [...this.#parents.keys()].sort()) {
      const root = this.#rootOf(id)!;
      groups.set(root, [...(groups.get(root) ?? []), id]);
    }
    return groups;
  }

  #rootOf(id: string): string | undefined {
    let root = this.#parents.get(id);
    for (let next = root; next !== undefined; next = this.#parents.get(next)) {
      root = next;
      if (this.#parents.get(next) === next) break;
    }
    return root;
  }
}
