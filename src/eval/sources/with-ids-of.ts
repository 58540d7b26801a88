import { safeName } from '../../data/files/safe-name.js';
import { plainId } from '../../data/read/plain-id.js';
import type { PredictionSource, TruthSource } from './source.js';

/** The last part of an id with folders. */
const partOf = (id: string) => id.slice(id.lastIndexOf('/') + 1);

/** The ids with each last part, of which one should be. */
function byPart(ids: readonly string[]): Map<string, string[]> {
  const known = new Map<string, string[]>();
  for (const id of ids) known.set(partOf(id), [...(known.get(partOf(id)) ?? []), id]);
  return known;
}

/**
 * Predictions by the ids of the truth. Ids have folders or not, depending on the format and on what else is there; an id that
 * the truth does not have stands for the one of the same name, if both are the only ones of that name; or for the one that an
 * import calls so, or whose files are called so.
 */
export function withIdsOf(truth: Pick<TruthSource, 'ids'>, prediction: PredictionSource): PredictionSource {
  const known = new Set(truth.ids);
  if (prediction.ids.every((id) => known.has(id))) return prediction;
  const written = new Map(
    truth.ids.flatMap((id) => [[plainId(id), id] as const, [safeName(id), id] as const]),
  );
  const [truePart, ownPart] = [byPart(truth.ids), byPart(prediction.ids)];
  const predicted = new Set(prediction.ids);
  const own = new Map(
    prediction.ids.map((id) => {
      const [match, second] = truePart.get(partOf(id)) ?? [];
      const isOnly = second === undefined && ownPart.get(partOf(id))!.length === 1;
      if (known.has(id)) return [id, id];
      const same = written.get(id) ?? written.get(plainId(id));
      // Two predictions never become one.
      if (same !== undefined && !predicted.has(same)) return [same, id];
      return [match !== undefined && isOnly ? match : id, id];
    }),
  );
  return {
    ...prediction,
    ids: [...own.keys()].sort(),
    read: (id, size) => prediction.read(own.get(id)!, size),
  };
}
