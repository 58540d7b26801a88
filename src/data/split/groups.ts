/** Unites what belongs together: relations are transitive. */
export class Groups {
  readonly #parents = new Map<string, string>();

  constructor(ids: Iterable<string>) {
    for (const id of ids) this.#parents.set(id, id);
  }

  /** Puts the groups of two ids together; ids that are not among those given are ignored. */
  unite(one: string, other: string): void {
    const [first, second] = [this.#rootOf(one), this.#rootOf(other)].sort();
    if (first !== undefined && second !== undefined) this.#parents.set(second, first);
  }

  /** Every group, by its first id in code-unit order, which also names it. */
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
