import { z } from 'zod';
import type { FileTree } from '../files/file-tree.js';

/** The file of a dataset that says where it comes from. */
export const provenanceFile = 'provenance.json';

const Count = z.object({ what: z.string(), count: z.int() });

/** What one source gave. */
const Source = z.object({
  /** The last part of its path. */
  name: z.string(),
  /** Of a file, of its bytes; else the identity of the dataset. */
  sha256: z.string(),
  /** Name of the layout. */
  format: z.string(),
  /** Several are joined by `, `. */
  annotator: z.string().nullable(),
  licence: z.string().nullable(),
  images: z.int(),
  nuclei: z.int(),
  /** What of the annotations is not in the label images. */
  changed: z.object({
    /** Pixels that several nuclei claimed; the first keeps them. */
    overlapPixels: z.int(),
    /** Nuclei without a pixel of their own. */
    lostNuclei: z.int(),
    /** Values of the images that were no finite numbers; they became the median of the others. */
    missingValues: z.int().optional(),
  }),
  /** Nuclei that look like mistakes and were kept as they are. */
  kept: z.object({ withHoles: z.int(), inPieces: z.int(), specks: z.int() }).optional(),
  /** What the annotations have besides nuclei, such as crowd regions and objects of other categories. */
  leftOut: z.array(Count).optional(),
  /** Images that an earlier source has with the same pixels, which are left out; and how many have other nuclei there. */
  repeated: z.array(z.object({ image: z.string(), sameAs: z.string(), hasOtherNuclei: z.boolean() })),
  /** Where a source comes from that nucleate wrote. */
  get sources() {
    return z.array(Source).optional();
  },
});

const Provenance = z.object({
  /** ISO 8601, UTC. */
  date: z.string(),
  nucleate: z.string(),
  sources: z.array(Source),
});

export type SourceRecord = z.output<typeof Source>;
export type Provenance = z.output<typeof Provenance>;

/** Where a dataset that nucleate wrote comes from; empty for others. */
export async function readSources(tree: FileTree): Promise<readonly SourceRecord[]> {
  if (!tree.files.includes(provenanceFile)) return [];
  return sourcesIn((await tree.read(provenanceFile)).toString('utf8'));
}

/** The licences of sources, joined by ` and `; null where one is unknown. */
export function licenceOf(sources: readonly SourceRecord[]): string | null {
  const licences = sources.map(({ licence }) => licence);
  if (licences.length === 0 || licences.includes(null)) return null;
  return [...new Set(licences)].sort().join(' and ');
}

/** A file of the same name that another program wrote says nothing. */
function sourcesIn(text: string): readonly SourceRecord[] {
  try {
    return Provenance.parse(JSON.parse(text)).sources;
  } catch {
    return [];
  }
}
