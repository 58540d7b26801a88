import { createHash } from 'node:crypto';
import type { ModelFile } from '../config/model-file.js';

/** SHA-256 of what decides what a model finds: its networks, whatever its name and settings, and wherever they come from. */
export function modelHash({
  detector,
  segmenter,
  others,
}: Pick<ModelFile, 'detector' | 'segmenter' | 'others'>): string {
  const all = [detector, segmenter, ...(others?.detectors ?? []), ...(others?.segmenters ?? [])];
  const networks = all.map(({ origin: _, ...network }) => network);
  return createHash('sha256').update(JSON.stringify(networks)).digest('hex');
}
