/** What docs/make/demo.ts has written: both networks as `nucleate model export` writes them, and the model's settings. */
import type { DetectorConfig } from '../../src/config/detector.js';
import type { ModelFile } from '../../src/config/model-file.js';
import type { SegmenterConfig } from '../../src/config/segmenter.js';
import { tf } from '../../src/tf.js';

export interface ExportedModel {
  readonly name: string;
  readonly detector: DetectorConfig;
  readonly segmenter: SegmenterConfig;
  readonly assemble: ModelFile['assemble'];
  readonly predict: ModelFile['predict'];
  readonly layers: Readonly<Record<'proposals' | 'boxHead' | 'masks', tf.LayersModel>>;
}

/** `settings.json` of the demo: what is in the model folder and not in the exports. */
export type DemoSettings = Pick<ExportedModel, 'name' | 'assemble' | 'predict'>;

/**
 * Opens the models of standard layers with TensorFlow.js alone.
 *
 * @param base Folder of the exports, a URL that ends with a slash.
 */
export async function openExportedModel(base: string): Promise<ExportedModel> {
  const readJson = async (name: string): Promise<unknown> => (await fetch(base + name)).json();
  const configOf = async (stage: string) =>
    ((await readJson(`${stage}/nucleate.json`)) as { config: unknown }).config;
  const layersOf = (folder: string) => tf.loadLayersModel(`${base + folder}/model.json`);
  const [settings, detector, segmenter] = await Promise.all([
    readJson('settings.json') as Promise<DemoSettings>,
    configOf('detector') as Promise<DetectorConfig>,
    configOf('segmenter') as Promise<SegmenterConfig>,
  ]);
  const proposals = await layersOf('detector/proposals');
  const boxHead = await layersOf('detector/box-head');
  const masks = await layersOf('segmenter/masks');
  return { ...settings, detector, segmenter, layers: { proposals, boxHead, masks } };
}
