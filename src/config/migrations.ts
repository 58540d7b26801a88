import type { Problem } from '../errors.js';
import { type Located, type LocatedEntry, type LocatedMapping, located, plain, valueAt } from './located.js';
import { backticked } from './wording.js';

/**
 * What changed in one document from a format to the next. Keys are dotted; `[]` stands for every item of a list.
 *
 * A key that did not exist in the older format goes into `added`. A key that old files always had does not: if it is missing,
 * the file is damaged.
 */
interface Changes {
  /** New name of each old key. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** What takes the place of each key that is gone, as a sentence. */
  readonly removed?: Readonly<Record<string, string>>;
  /** The value of each new key with which a file without it means what it meant before. */
  readonly added?: Readonly<Record<string, unknown>>;
}

/** A config of one task, or `model.json` without the configs in it. */
type DocumentKind = 'detector' | 'segmenter' | 'model';

/** No augmentation by palettes; the contrast is its default, and has no effect. */
const withoutPalette = {
  'loader.augment.palette.probability': 0,
  'loader.augment.palette.minContrast': 0.25,
};

/** Each number of a label image was a nucleus, whatever it looked like. */
const labelsOfData = { 'data.labelImages': 'auto', 'data.background': 0 };
/** Every image had one plane. */
const planesOfData = { 'data.channel': [], 'data.plane': [] };

/**
 * The changes of each format: the first entry leads from format 1 to format 2. A released or shipped format never changes, so a
 * new key of a config has a new entry at the end.
 */
const formatChanges: readonly Readonly<Partial<Record<DocumentKind, Changes>>>[] = [
  {
    detector: {
      renamed: {
        'model.levels[].ratios': 'model.levels[].aspectRatios',
        'model.statisticsMomentum': 'model.normMomentum',
        'model.rpn.samples': 'model.rpn.batchSizePerImage',
        'model.rpn.positiveShare': 'model.rpn.positiveFraction',
        'model.proposals.trainCandidates': 'model.proposals.trainPreNmsTopK',
        'model.proposals.trainCount': 'model.proposals.trainPostNmsTopK',
        'model.proposals.candidates': 'model.proposals.preNmsTopK',
        'model.proposals.count': 'model.proposals.postNmsTopK',
        'model.proposals.iouThreshold': 'model.proposals.nmsThreshold',
        'model.proposals.minSize': 'model.proposals.minBoxSize',
        'model.boxHead.samples': 'model.boxHead.batchSizePerImage',
        'model.boxHead.positiveShare': 'model.boxHead.positiveFraction',
        'model.detections.count': 'model.detections.maxPerTile',
        'model.detections.iouThreshold': 'model.detections.nmsThreshold',
        'model.detections.proposalShare': 'model.detections.proposalWeight',
        'predict.tileSize': 'tiles.size',
        'predict.overlap': 'tiles.overlap',
        'predict.images': 'scoring.images',
      },
      removed: { 'loader.masks': 'Batches always hold label images.' },
      // Files from before 2026-11-27 lack it.
      added: withoutPalette,
    },
    segmenter: {
      renamed: {
        'model.statisticsMomentum': 'model.normMomentum',
        'boxes.share': 'boxes.probability',
        'predict.batchSize': 'inference.batchSize',
        'predict.flips': 'inference.tta',
      },
      removed: { 'predict.threshold': 'Validation uses the default of `assemble.maskThreshold`.' },
      // Files of format 1 may lack any of these: no weight depends on how a network was scored.
      added: {
        ...withoutPalette,
        'scoring.maxNuclei': 2000,
        'scoring.pictures': 8,
        'scoring.detector': '',
        'scoring.images': 48,
      },
    },
    model: {
      renamed: { 'predict.views': 'predict.tta' },
      // Models from before 2026-11-23 have no such section.
      added: { 'predict.tta': [], 'predict.secondPass': false },
    },
  },
  { model: { added: { 'assemble.maxArea': null, 'assemble.border': 'keep' } } },
  // `history` of checkpoints and of the networks of a model, which may be missing.
  {},
  { detector: { added: labelsOfData }, segmenter: { added: labelsOfData } },
  { detector: { added: { 'data.categories': [] } }, segmenter: { added: { 'data.categories': [] } } },
  { detector: { added: planesOfData }, segmenter: { added: planesOfData } },
  { detector: { added: { 'data.more': [] } }, segmenter: { added: { 'data.more': [] } } },
  // `others` of a model, the further networks of an ensemble, which may be missing.
  {},
  { model: { added: { 'predict.darkZoom': 1 } } },
];

/** The format of what is written now, in `model.json` and in the manifest of a checkpoint. */
export const currentFormat = formatChanges.length + 1;

/** Where {@link renameKeys} reports what it finds. */
export interface RenameReports {
  /** Called with each old key that was understood. */
  readonly onOldKey: (notice: Problem) => void;
  /** Called where a file has the old and the new name of one setting. */
  readonly onConflict: (problem: Problem) => void;
}

/** Whether there are keys to rename for this `task` of a config. */
const isTask = (task: unknown): task is 'detector' | 'segmenter' =>
  task === 'detector' || task === 'segmenter';

/**
 * A config file as users write it, in today's keys. Such a file has no format number, so that every old key is known
 * by its name.
 *
 * @param task As the file, or the one that it extends, names it; with an unknown one nothing is changed.
 * @returns `root` itself where nothing had to be changed.
 */
export function renameKeys(root: LocatedMapping, task: unknown, reports: RenameReports): LocatedMapping {
  return isTask(task)
    ? formatChanges.reduce((config, step) => renamed(config, step[task], reports), root)
    : root;
}

/** The new names of the keys that a section had in older formats, by their names in it; empty for any other section. */
export function movedKeys(task: unknown, section: string): ReadonlyMap<string, string> {
  if (!isTask(task)) return new Map();
  const renamed = formatChanges.flatMap((step) => Object.entries(step[task]?.renamed ?? {}));
  return new Map(
    renamed
      .filter(([from]) => from.startsWith(`${section}.`))
      .map(([from, to]) => [from.slice(section.length + 1), to]),
  );
}

/** Gives a config that once had every key those that were added since. */
export function addKeys(root: LocatedMapping, task: unknown): LocatedMapping {
  return isTask(task) ? formatChanges.reduce((config, step) => withAdded(config, step[task]), root) : root;
}

/**
 * A config that was stored with every key, in today's keys and with those that were added since.
 *
 * @param format Of the file that holds it.
 */
export function migrateConfig(config: unknown, format: number): unknown {
  const task = (config as { task?: unknown } | null)?.task;
  return isTask(task) ? migrated(config, task, format) : config;
}

/** The same of `model.json`, with the configs in it. */
export function migrateModelFile(file: unknown, format: number): unknown {
  const whole = migrated(file, 'model', format) as Record<string, unknown>;
  const network = (part: unknown) =>
    typeof part === 'object' && part !== null
      ? { ...part, config: migrateConfig((part as { config?: unknown }).config, format) }
      : part;
  const several = (parts: unknown) => (Array.isArray(parts) ? parts.map(network) : parts);
  const { detector, segmenter } = whole;
  const others = whole['others'] as { detectors?: unknown; segmenters?: unknown } | null | undefined;
  return {
    ...{ ...whole, format: currentFormat, detector: network(detector), segmenter: network(segmenter) },
    ...(others && {
      others: { ...others, detectors: several(others.detectors), segmenters: several(others.segmenters) },
    }),
  };
}

function migrated(stored: unknown, kind: DocumentKind, format: number): unknown {
  const root = located(stored);
  if (root.kind !== 'mapping') return stored;
  return plain(
    formatChanges
      .slice(format - 1)
      .reduce((document, step) => withAdded(renamed(document, step[kind]), step[kind]), root),
  );
}

function renamed(root: LocatedMapping, changes: Changes = {}, reports?: RenameReports): LocatedMapping {
  const pairs = Object.entries(changes.renamed ?? {});
  const moved = pairs.reduce((config, [from, to]) => moveKey(config, { from, to, root: '' }, reports), root);
  const left = Object.entries(changes.removed ?? {}).reduce((config, [key, instead]) => {
    const entry = entryAt(config, key.split('.'));
    if (!entry) return config;
    const what = `The key ${backticked([key])} was removed and has no effect. ${instead}`;
    reports?.onOldKey({ what, where: entry.keyWhere });
    return without(config, key.split('.'));
  }, moved);
  // Sections that only old files have, such as `predict`, must not stay behind without keys.
  const kept = new Set(Object.values(changes.renamed ?? {}).map(sectionOf));
  const gone = [...Object.keys(changes.renamed ?? {}), ...Object.keys(changes.removed ?? {})]
    .map(sectionOf)
    .filter((section) => !section.includes('.') && !kept.has(section));
  return gone.reduce(withoutEmpty, left);
}

interface Move {
  readonly from: string;
  readonly to: string;
  /** What stands in front of both, for messages. */
  readonly root: string;
}

function moveKey(
  root: LocatedMapping,
  { from, to, root: prefix }: Move,
  reports: RenameReports | undefined,
): LocatedMapping {
  const [list, ...below] = from.split('[].');
  if (below.length > 0) {
    const path = list!.split('.');
    const items = valueAt(root, path);
    if (items?.kind !== 'list') return root;
    const move = { from: below.join('[].'), to: to.slice(list!.length + 3), root: `${prefix}${list}[].` };
    const changed = items.items.map((item) =>
      item.kind === 'mapping' ? moveKey(item, move, reports) : item,
    );
    if (changed.every((item, index) => item === items.items[index])) return root;
    const { keyWhere } = entryAt(root, path)!;
    return withEntry(root, path, { keyWhere, value: { ...items, items: changed } });
  }
  const [source, target] = [from.split('.'), to.split('.')];
  const entry = entryAt(root, source);
  if (!entry) return root;
  const [oldName, newName] = [backticked([prefix + from]), backticked([prefix + to])];
  if (entryAt(root, target)) {
    const what = `${oldName} and ${newName} are the old and the new name of one setting.`;
    reports?.onConflict({ what, where: entry.keyWhere, hint: `Keep ${newName}.` });
    // Without reports, the old key is left for the schema to reject.
    return reports ? without(root, source) : root;
  }
  reports?.onOldKey({ what: `The key ${oldName} is now called ${newName}.`, where: entry.keyWhere });
  return withEntry(without(root, source), target, entry);
}

/** Adds what is missing; a section that is not a mapping is left for the schema to refuse. */
const withAdded = (root: LocatedMapping, { added = {} }: Changes = {}): LocatedMapping =>
  Object.entries(added).reduce((config, [key, value]) => {
    const path = key.split('.');
    if (valueAt(config, path)) return config;
    return withEntry(config, path, { keyWhere: config.where, value: located(value, config.where) });
  }, root);

function entryAt(root: Located, path: readonly string[]): LocatedEntry | undefined {
  const parent = valueAt(root, path.slice(0, -1));
  return parent?.kind === 'mapping' ? parent.entries.get(path.at(-1)!) : undefined;
}

/** Puts an entry at a path and makes the sections above it; unchanged where one of them is not a mapping. */
function withEntry(
  root: LocatedMapping,
  [key, ...rest]: readonly string[],
  entry: LocatedEntry,
): LocatedMapping {
  const entries = new Map(root.entries);
  if (rest.length === 0) return { ...root, entries: entries.set(key!, entry) };
  const { keyWhere } = entry;
  const present = entries.get(key!);
  const section: Located = present?.value ?? { kind: 'mapping', where: keyWhere, entries: new Map() };
  if (section.kind !== 'mapping') return root;
  entries.set(key!, { keyWhere: present?.keyWhere ?? keyWhere, value: withEntry(section, rest, entry) });
  return { ...root, entries };
}

function without(root: LocatedMapping, [key, ...rest]: readonly string[]): LocatedMapping {
  const entries = new Map(root.entries);
  if (rest.length === 0) {
    entries.delete(key!);
    return { ...root, entries };
  }
  const present = entries.get(key!)!;
  entries.set(key!, { ...present, value: without(present.value as LocatedMapping, rest) });
  return { ...root, entries };
}

function withoutEmpty(root: LocatedMapping, section: string): LocatedMapping {
  const found = root.entries.get(section)?.value;
  return found?.kind === 'mapping' && found.entries.size === 0 ? without(root, [section]) : root;
}

const sectionOf = (key: string) => key.split('.').slice(0, -1).join('.');
