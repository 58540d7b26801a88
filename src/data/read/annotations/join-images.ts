import type { Problem } from '../../../errors.js';
import type { FileTree } from '../../files/file-tree.js';
import { folderOf } from '../../files/open-files.js';
import { readMaskImage } from '../../image/label-io.js';
import { type AnnotatedFiles, readAnnotated } from '../annotated-files.js';
import type { AnnotatedImage } from '../example.js';
import { rolesOf } from '../image-roles.js';
import { ignoredStem } from '../label-names.js';
import {
  byId,
  type DatasetListing,
  type DatasetTree,
  type ImageEntry,
  isImageFile,
  sizeMismatch,
  withoutExtension,
} from '../layout.js';
import { reviewMaps } from '../review-maps.js';
import type { AnnotationListing, ImageAnnotations, MaskChoice } from './annotation.js';
import { idsOf, ImageNames, withoutImagesFolder } from './image-names.js';
import { masksOfObjects } from './masks-of-objects.js';

/** The annotation files of a listing. */
interface Annotations {
  /** As messages name them. */
  readonly places: readonly string[];
  /** Maps `X_ignore.png` that lie beside them. */
  readonly maps: { readonly tree: FileTree; readonly files: readonly string[] };
}

/** Folders of what is made of images. */
const notImages = /(^|\/)(masks|labels|overlay|outlines)\//iu;

/** The problem of an image that the annotations do not name; an import leaves it out. */
export const withoutAnnotations = 'The image has no annotations.';

/** Lists the images of a tree with what annotations say about them. */
export function joinImages(
  tree: DatasetTree,
  { images: listed, problems: found }: AnnotationListing,
  { places, maps: others }: Annotations,
  choice: MaskChoice,
): DatasetListing {
  const imageFiles = tree.files.filter(isImageFile);
  const roleOf = rolesOf(imageFiles);
  const files = imageFiles.filter(
    (file) => !notImages.test(file) && !isIgnoreMap(file) && roleOf(file) === 'image',
  );
  const problems: Problem[] = [...found];
  const maps = reviewMaps(tree.files);
  const names = new ImageNames(files);
  const otherMaps = new Map(
    others.files.map((file) => [names.find(ignoredStem(withoutExtension(file))!)[0], file]),
  );
  const annotated = assign(files, listed, names, problems);
  const ids = idsOf(files.map(withoutImagesFolder));
  const used: string[] = [];
  const images = files.flatMap((file, index): ImageEntry[] => {
    const annotations = annotated.get(file);
    const id = ids[index]!;
    const place = tree.place(file);
    const own = maps.get(withoutExtension(file)) ?? {};
    const other = own.ignore === undefined ? otherMaps.get(file) : undefined;
    const elsewhere = other === undefined ? undefined : { tree: others.tree, file: other };
    used.push(...[own.ignore, own.reviewed, others.tree === tree ? other : undefined].filter(isFile));
    const entry = { id, image: file, masks: [], ...own };
    if (annotations)
      return [{ id, place, read: () => readEntry(tree, entry, annotations, choice, elsewhere) }];
    const hint = `Add its annotations to ${places[0]}, or beside that; without objects if it has no nuclei.`;
    problems.push({ what: withoutAnnotations, where: place, hint });
    return [];
  });
  problems.push(...sameIds(images));
  return { images: images.sort(byId), files: [...new Set([...files, ...used])].sort(), problems };
}

/** Whether an image file is a map of what nobody has reviewed. */
export const isIgnoreMap = (file: string): boolean =>
  isImageFile(file) && ignoredStem(withoutExtension(file)) !== undefined;

const isFile = (file: string | undefined) => file !== undefined;

/** What ImageJ calls every set of regions. */
const defaultName = /(^|\/)roi_?set$/iu;

/** The annotations of each image file. */
function assign(
  files: readonly string[],
  listed: readonly ImageAnnotations[],
  names: ImageNames,
  problems: Problem[],
): ReadonlyMap<string, ImageAnnotations> {
  const annotated = new Map<string, ImageAnnotations>();
  for (const annotations of listed) {
    const { image, place } = annotations;
    const named = names.find(image);
    const isDefault = named.length === 0 && defaultName.test(image);
    const [file, second] = isDefault ? onlyImage(image, files, names) : named;
    const rival = file === undefined ? undefined : annotated.get(file);
    if (file === undefined && isDefault) {
      const what = 'ImageJ calls every set of regions RoiSet.zip, which does not say of which image it is.';
      problems.push({ what, where: place, hint: 'Name it after its image: X.zip for X.png.' });
    } else if (file === undefined) {
      const hint = 'Add the image, remove its annotations, or give the folder of the images.';
      problems.push({ what: `There are annotations of ${image}, but no such image.`, where: place, hint });
    } else if (second !== undefined) {
      const what = `The annotations of ${image} may be those of ${file} or of ${second}.`;
      problems.push({ what, where: place, hint: 'Give the images different names.' });
    } else if (rival) {
      const what = `There are annotations of ${file} here and in ${rival.place}.`;
      problems.push({ what, where: place, hint: 'Keep one of the two.' });
    } else annotated.set(file, annotations);
  }
  return annotated;
}

/** The image that annotations without a name of their own belong to: the only one, or that of their folder. */
function onlyImage(path: string, files: readonly string[], names: ImageNames): readonly string[] {
  if (files.length === 1) return files;
  const folder = folderOf(path);
  const beside = files.filter((file) => folder !== '' && folderOf(file) === folder);
  if (beside.length === 1) return beside;
  const named = folder === '' ? [] : names.find(folder);
  return named.length === 1 ? named : [];
}

/** Images whose ids some file systems treat as one. */
function sameIds(images: readonly ImageEntry[]): Problem[] {
  const seen = new Map<string, string>();
  return images.flatMap(({ id, place }) => {
    const folded = id.normalize('NFC').toLowerCase();
    const rival = seen.get(folded);
    if (rival === undefined) seen.set(folded, place);
    const what = `The name clashes with ${rival}: names must differ in more than case, accents and ending.`;
    return rival === undefined ? [] : [{ what, where: place, hint: 'Rename one of the two.' }];
  });
}

async function readEntry(
  tree: DatasetTree,
  files: AnnotatedFiles,
  annotations: ImageAnnotations,
  choice: MaskChoice,
  elsewhere: { readonly tree: FileTree; readonly file: string } | undefined,
): Promise<AnnotatedImage> {
  const { ignore: own, ...annotated } = await readAnnotated(tree, files, {});
  const objects = await annotations.read();
  const { masks, ignore, leftOut } = masksOfObjects(objects, annotated.image, annotations.place, choice);
  const other = elsewhere && (await readElsewhere(elsewhere, annotated));
  const maps = [own, ignore, other].filter((map) => map !== undefined);
  const [first] = maps;
  const union = first?.map((_, at) => (maps.some((map) => map[at] !== 0) ? 1 : 0));
  return { ...annotated, masks, ...(union && { ignore: union }), ...(leftOut.length > 0 && { leftOut }) };
}

async function readElsewhere(
  { tree, file }: { readonly tree: FileTree; readonly file: string },
  { image }: Pick<AnnotatedImage, 'image'>,
): Promise<Uint8Array> {
  const place = tree.place(file);
  const { data, ...size } = await readMaskImage(await tree.read(file), place);
  if (size.width !== image.width || size.height !== image.height)
    throw sizeMismatch(place, size, image, 'map of what is reviewed');
  return Uint8Array.from(data, (value) => (value === 0 ? 0 : 1));
}
