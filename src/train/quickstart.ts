import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { QuickstartConfig } from '../config/quickstart.js';
import type { Image } from '../data/image.js';
import { writeImage } from '../data/image-io.js';
import { toEightBits } from '../data/intensity.js';
import { readPairs } from '../data/label-images.js';
import { pixelBatch } from '../data/pixel-batch.js';
import { requireTraining, type Runtime } from '../engine/runtime.js';
import { buildPixelNet } from '../models/pixel-net.js';
import { predictPixels } from '../predict/pixels.js';
import { randomFor } from '../random.js';
import { panels } from '../report/panels.js';
import { tf } from '../tf.js';
import { evaluatePixels, pixelStep } from './pixel-step.js';

export interface QuickstartResult {
  readonly sample: { readonly path: string; readonly images: number; readonly nuclei: number };
  readonly step: {
    readonly weights: number;
    /** Cross-entropy on one batch, in nats per pixel. */
    readonly lossBefore: number;
    readonly lossAfter: number;
    /** Of the step, its first on this machine included. */
    readonly milliseconds: number;
  };
  /** The image, its true nuclei and the predicted probability, side by side. */
  readonly prediction: { readonly image: string; readonly file: string };
}

/**
 * Proves an installation: reads the dataset, trains a small network for one step, and predicts the first image.
 *
 * Writes `prediction.png` into the output folder; leaves no tensor behind.
 *
 * @throws {NucleateError} Exit 9 on WebAssembly, 3 for a dataset that cannot be used.
 */
export async function runQuickstart(config: QuickstartConfig, runtime: Runtime): Promise<QuickstartResult> {
  requireTraining(runtime);
  const { data, model: modelConfig, train, output, seed } = config;
  const examples = await readPairs(data.path);
  const batch = pixelBatch(examples, train, randomFor(seed, 'quickstart', 'batch'));

  const model = buildPixelNet({ ...modelConfig, seed });
  const optimizer = tf.train.momentum(train.learningRate, train.momentum);
  try {
    const start = performance.now();
    const lossBefore = pixelStep(model, optimizer, batch);
    const milliseconds = Math.round(performance.now() - start);
    const lossAfter = evaluatePixels(model, batch);

    const [first] = examples as [(typeof examples)[0]];
    const { image, labelImage } = first;
    const file = path.join(output.path, 'prediction.png');
    mkdirSync(output.path, { recursive: true });
    const truth = Uint8Array.from(labelImage.labels, (label) => (label > 0 ? 255 : 0));
    const probability = Uint8Array.from(predictPixels(model, image), (value) => Math.round(255 * value));
    const grey = (pixels: Uint8Array): Image => ({ ...labelImage, channels: 1, data: pixels });
    await writeImage(file, panels([toEightBits(image), grey(truth), grey(probability)]));
    return {
      sample: {
        path: data.path,
        images: examples.length,
        nuclei: examples.reduce((sum, example) => sum + example.instanceCount, 0),
      },
      step: { weights: model.countParams(), lossBefore, lossAfter, milliseconds },
      prediction: { image: first.id, file },
    };
  } finally {
    model.dispose();
    optimizer.dispose();
  }
}
