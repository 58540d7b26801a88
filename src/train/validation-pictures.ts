import { markDrawing } from '../data/image/drawing-mark.js';
import { encodePng } from '../data/image/image-io.js';
import { isSystemError } from '../run/durable-files.js';
import type { EventImage } from '../run/tensorboard/event.js';
import { writeValidationImages } from '../run/validation-images.js';
import type { ValidationResult } from './task.js';

/** The pictures of a validation as PNG, for TensorBoard. */
export async function encodePictures(
  pictures: ValidationResult['pictures'],
): Promise<{ name: string; image: EventImage }[]> {
  const encoded = [];
  for (const { name, image } of pictures) {
    const { width, height, channels } = image;
    encoded.push({ name, image: { width, height, channels, png: await encodePng(image) } });
  }
  return encoded;
}

/**
 * Writes the scores of a validation's images, and its worst and best images, to `eval/` of the run.
 *
 * @returns A sentence if they cannot be written, such as on a full disk; else null.
 */
export async function saveValidationImages(
  runFolder: string,
  { step, score, bestStep }: { step: number; score: number; bestStep: number },
  { images, examples }: Pick<ValidationResult, 'images' | 'examples'>,
): Promise<string | null> {
  try {
    const pngs: Buffer[] = [];
    for (const { image } of examples) pngs.push(markDrawing(await encodePng(image)));
    const files = examples.map(({ id, kind, score }, index) => ({
      id,
      kind,
      score,
      file: `${kind}-${index}.png`,
    }));
    const evaluation = { step, score, images: [...images], examples: files };
    writeValidationImages(runFolder, evaluation, { pngs, bestStep });
    return null;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return `The images of the validation cannot be written to eval: ${error.message}.`;
  }
}
