import type { PlainSource } from '../../data/read/plain-dataset.js';
import type { Provenance } from '../../data/read/provenance.js';
import { packageVersion } from '../../package-version.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { type LabelArguments, labelReading, withLabelImages } from '../label-options.js';
import { type PlaneArguments, planesOfDataset, withPlanes } from '../plane-options.js';
import type { Terminal } from '../terminal.js';

const sample = 'examples/dsb2018-mini';

type ImportArguments = {
  sources: string[];
  images: string | undefined;
  out: string;
  annotator: string | undefined;
  licence: string | undefined;
} & ReadArguments;

type ReadArguments = LabelArguments & PlaneArguments;

const readingOf = (args: ReadArguments) => ({ ...labelReading(args), planes: planesOfDataset(args) });

export const dataImportCommand: Command<ImportArguments> = {
  usage: 'import <sources..>',
  describe: 'Make a plain dataset of annotations: QuPath, ImageJ, COCO, run lengths, label images',
  examples: [
    [`nucleate data import ${sample} --out mine`, 'images with label images, and a record of their sources'],
  ],
  builder: (parser) =>
    withPlanes(withLabelImages(parser), 'one image of each file')
      .positional('sources', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Files or folders of annotations; or datasets, without --images',
      })
      .option('images', {
        type: 'string',
        requiresArg: true,
        describe: 'Folder of the annotated images; images without annotations are left out',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'New folder to write',
      })
      .option('annotator', { type: 'string', requiresArg: true, describe: 'Who annotated the images' })
      .option('licence', {
        type: 'string',
        requiresArg: true,
        describe: 'Licence of images and annotations, such as CC-BY-4.0; model cards name it',
      }),
  async handler({ sources, images, out, annotator, licence, ...args }, terminal) {
    const { openAnnotated } = await import('../../data/read/open-annotated.js');
    const reading = readingOf(args);
    const open = async (path: string): Promise<PlainSource> => {
      const { dataset, leftOut } = await openAnnotated(path, images, reading);
      if (leftOut > 0)
        terminal.notice(`left out: ${formatCount(leftOut, 'image')} without annotations in ${path}`);
      return { path, annotator, licence, dataset };
    };
    await writeSources(sources, open, { out, reading }, terminal);
  },
};

export const dataMergeCommand: Command<{ datasets: string[]; out: string } & ReadArguments> = {
  usage: 'merge <datasets..>',
  describe: 'Put datasets together as one; images of equal pixels are kept once, those of the first dataset',
  examples: [
    [
      `nucleate data merge ${sample} ${sample} --out joined`,
      'the second has nothing new, and the record says so',
    ],
  ],
  builder: (parser) =>
    withPlanes(withLabelImages(parser), 'one image of each file')
      .positional('datasets', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: 'Datasets; name corrected images before older ones',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'New folder to write',
      }),
  async handler({ datasets, out, ...args }, terminal) {
    const { openDataset } = await import('../../data/read/dataset.js');
    const reading = readingOf(args);
    const open = async (path: string) => ({ path, dataset: await openDataset(path, reading) });
    await writeSources(datasets, open, { out, reading }, terminal);
  },
};

/** Opens all sources, writes them as one dataset and says what came of it. */
async function writeSources(
  paths: readonly string[],
  open: (path: string) => Promise<PlainSource>,
  { out, reading }: { readonly out: string; readonly reading: ReturnType<typeof readingOf> },
  terminal: Terminal,
): Promise<void> {
  const { writePlainDataset } = await import('../../data/read/plain-dataset.js');
  const sources: PlainSource[] = [];
  try {
    for (const place of paths) sources.push(await open(place));
    const total = sources.reduce((sum, { dataset }) => sum + dataset.images.length, 0);
    const progress = terminal.progress('writing', total);
    const provenance = await writePlainDataset(sources, out, {
      version: packageVersion(),
      now: new Date(),
      choice: reading,
      onImage: (done) => progress.update(done),
    });
    terminal.result({ text: provenanceText(provenance, out), value: { folder: out, ...provenance } });
  } finally {
    for (const { dataset } of sources) await dataset.close();
  }
}

function provenanceText({ sources }: Provenance, out: string): string {
  const lines = sources.flatMap(({ name, images, nuclei, changed, kept, leftOut = [], repeated }) => {
    const { overlapPixels, lostNuclei, missingValues = 0 } = changed;
    const others = repeated.filter(({ hasOtherNuclei }) => hasOtherNuclei).length;
    const lost = formatCount(lostNuclei, 'nucleus', 'nuclei');
    return [
      `${name}: ${formatCount(images, 'image')}, ${formatCount(nuclei, 'nucleus', 'nuclei')}`,
      ...(overlapPixels > 0
        ? [`  overlaps: the first nucleus keeps a pixel (${formatCount(overlapPixels, 'pixel')})`]
        : []),
      ...(lostNuclei > 0 ? [`  left out: ${lost} without a pixel of their own`] : []),
      ...(missingValues > 0
        ? [`  not a number: ${formatCount(missingValues, 'value')} of images, now the median of the others`]
        : []),
      ...leftOut.map(({ what, count }) => `  left out: ${what} (${count})`),
      ...keptLines(kept),
      ...(repeated.length > 0
        ? [
            `  left out: ${formatCount(repeated.length, 'image')} with pixels that are there already; ${others} with other nuclei`,
          ]
        : []),
    ];
  });
  return [...lines, `written     ${out}`].join('\n');
}

const keptLines = (kept: Provenance['sources'][number]['kept']): string[] => {
  const { withHoles = 0, inPieces = 0, specks = 0 } = kept ?? {};
  const counts = [
    [withHoles, 'with holes'] as const,
    [inPieces, 'in several pieces'] as const,
    [specks, 'of less than 16 px'] as const,
  ].filter(([count]) => count > 0);
  if (counts.length === 0) return [];
  return [`  kept as they are: nuclei ${counts.map(([count, what]) => `${what} (${count})`).join(', ')}`];
};
