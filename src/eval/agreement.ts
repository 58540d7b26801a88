/** How far people agree on the nuclei of the same images: no model can be asked for more. */
import { openFileTree } from '../data/files/open-files.js';
import { annotatorsOf } from '../data/read/annotated-layout.js';
import { openDataset } from '../data/read/dataset.js';
import { type Example, toExample } from '../data/read/example.js';
import { exitCodes, NucleateError } from '../errors.js';
import { evaluateImage, type ImageEvaluation } from './evaluate-image.js';
import { summarise } from './summarise.js';

/** How far two people agree on an image, or on all that both have reviewed. */
export interface AgreementValues {
  /** 2 TP / (2 TP + FP + FN) of the nuclei with an IoU above 0.5; null where both found none. */
  readonly f1: number | null;
  /** Mean IoU of these; null without any. */
  readonly iou: number | null;
  /** Challenge score, as of a model. */
  readonly score: number;
  /** Nuclei of each. */
  readonly nuclei: readonly [number, number];
}

/** Two people. */
export interface PairAgreement extends AgreementValues {
  readonly annotators: readonly [string, string];
  /** Those of which both have reviewed a region that has pixels in common. */
  readonly images: readonly (AgreementValues & { readonly id: string })[];
}

/**
 * Compares what several people have done with `nucleate annotate`, where both of a pair have reviewed. Swapping the two of a
 * pair changes nothing.
 *
 * @param path Folder of the images.
 * @param onPair Called after each pair with how many are done, and how many there are.
 * @returns A pair without common images is left out.
 * @throws {NucleateError} Exit code 3 for fewer than two people, or none with common images; and for damaged logs.
 */
export async function agreementOf(
  path: string,
  onPair: (done: number, total: number) => void = () => {},
): Promise<PairAgreement[]> {
  const tree = await openFileTree(path);
  const names = annotatorsOf(tree);
  await tree.close();
  if (names.length < 2) throw tooFew(path, names);
  const pairs = names.flatMap((one, index) => names.slice(index + 1).map((other) => [one, other] as const));
  const agreements: PairAgreement[] = [];
  for (const [done, annotators] of pairs.entries()) {
    const compared = await comparePair(path, annotators);
    if (compared.length > 0) {
      const whole = summarise(compared);
      const { tp, fp, fn } = whole.perThreshold[0]!;
      const iou = whole.meanMatchedIou;
      const nuclei = [whole.gtCount, whole.predCount] as const;
      const images = compared.map((image) => ({ id: image.id, ...valuesOf(image) }));
      agreements.push({ annotators, f1: f1Of(tp, fp, fn), iou, score: whole.score, nuclei, images });
    }
    onPair(done + 1, pairs.length);
  }
  if (agreements.length === 0) throw nothingInCommon(path, names);
  return agreements;
}

async function comparePair(
  path: string,
  [one, other]: readonly [string, string],
): Promise<ImageEvaluation[]> {
  const [first, second] = [
    await openDataset(path, { annotator: one }),
    await openDataset(path, { annotator: other }),
  ];
  try {
    const others = new Map(second.images.map((entry) => [entry.place, entry]));
    const compared: ImageEvaluation[] = [];
    for (const entry of first.images) {
      const same = others.get(entry.place);
      if (!same) continue;
      const [gt, pred] = [toExample(await entry.read()), toExample(await same.read())];
      const ignore = eitherIgnores(gt, pred);
      if (ignore?.every((value) => value === 1)) continue;
      compared.push(evaluateImage(gt.labelImage, pred.labelImage, { id: gt.id, ignore }));
    }
    return compared;
  } finally {
    await first.close();
    await second.close();
  }
}

function eitherIgnores({ ignore: one }: Example, { ignore: other }: Example): Uint8Array | undefined {
  return one && other ? one.map((value, pixel) => value | other[pixel]!) : (one ?? other);
}

const valuesOf = ({
  tp,
  fp,
  fn,
  meanMatchedIou,
  score,
  gtCount,
  predCount,
}: ImageEvaluation): AgreementValues => ({
  ...{ f1: f1Of(tp[0]!, fp[0]!, fn[0]!), iou: meanMatchedIou, score, nuclei: [gtCount, predCount] },
});

const f1Of = (tp: number, fp: number, fn: number) =>
  tp + fp + fn === 0 ? null : (2 * tp) / (2 * tp + fp + fn);

const tooFew = (where: string, names: readonly string[]) =>
  new NucleateError({
    what:
      names.length === 0
        ? 'Nobody has annotated these images.'
        : `Only ${names[0]!} has annotated these images.`,
    where,
    hint: 'Let two people annotate them, each under a name: nucleate annotate FOLDER --annotator NAME.',
    exitCode: exitCodes.data,
  });

const nothingInCommon = (where: string, names: readonly string[]) =>
  new NucleateError({
    what: `No two of ${names.join(', ')} have reviewed the same region.`,
    where,
    hint: 'Let two people review the same images.',
    exitCode: exitCodes.data,
  });
