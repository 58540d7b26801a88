import { createHash } from 'node:crypto';
import { basename } from 'node:path';
import { type DatasetOptions, openDataset } from './dataset.js';
import { byId, type Dataset, type ImageEntry } from './layout.js';

/**
 * Opens one dataset, or several as one. An id that several of them have begins with the number of its dataset, `2-x`.
 *
 * @param paths At least one.
 * @param options `labels` are those of the first.
 * @returns With `parts` if there are several; the caller closes it. Its identity is that of all of them in their order.
 * @throws {NucleateError} Exit code 3 as `openDataset`.
 */
export async function openDatasets(paths: readonly string[], options: DatasetOptions = {}): Promise<Dataset> {
  const [only, ...others] = paths;
  if (others.length === 0) return openDataset(only!, options);
  const parts: Dataset[] = [];
  const close = async () => {
    for (const part of parts) await part.close();
  };
  try {
    for (const [index, path] of paths.entries())
      parts.push(await openDataset(path, index === 0 ? options : { ...options, labels: undefined }));
  } catch (error) {
    await close();
    throw error;
  }
  const images = withOwnIds(parts.map((part) => part.images));
  const licences = parts.map(({ licence }) => licence);
  const [{ planes }] = parts as [Dataset];
  return {
    path: paths.join(', '),
    layout: 'several',
    kind: 'images of several datasets',
    licence: licences.includes(null) ? null : [...new Set(licences)].sort().join(' and '),
    sources: parts.flatMap(({ sources }) => sources),
    description: `${images.flat().length} images of ${parts.length} datasets: ${parts.map((part) => `${basename(part.path)}, ${part.description}`).join('; ')}`,
    images: images.flat().sort(byId),
    problems: parts.flatMap(({ problems }) => problems),
    parts: parts.map((dataset, index) => ({ dataset, ids: new Set(images[index]!.map(({ id }) => id)) })),
    ...(planes && { planes }),
    async identity() {
      const identities: string[] = [];
      for (const part of parts) identities.push(await part.identity());
      return createHash('sha256').update(identities.join('\n')).digest('hex');
    },
    close,
  };
}

/** The images of each dataset with ids that no other has, also where case does not matter. */
function withOwnIds(lists: readonly (readonly ImageEntry[])[]): ImageEntry[][] {
  const folded = (id: string) => id.normalize('NFC').toLowerCase();
  const counts = new Map<string, number>();
  for (const { id } of lists.flat()) counts.set(folded(id), (counts.get(folded(id)) ?? 0) + 1);
  const used = new Set([...counts].flatMap(([id, count]) => (count === 1 ? [id] : [])));
  return lists.map((images, index) =>
    images.map((entry) => {
      if (counts.get(folded(entry.id)) === 1) return entry;
      let id = `${index + 1}-${entry.id}`;
      while (used.has(folded(id))) id = `${index + 1}-${id}`;
      used.add(folded(id));
      return { ...entry, id, read: async () => ({ ...(await entry.read()), id }) };
    }),
  );
}
