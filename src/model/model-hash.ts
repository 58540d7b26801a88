import { createHash } from 'node:crypto';
import type { ModelFile } from '../config/model-file.js';

/** SHA-256 of what decides what a model finds: its networks, whatever its name and settings, and wherever they come from. */
export function modelHash({ detector, segmenter }: Pick<ModelFile, 'detector' | 'segmenter'>): string {
  const networks = [detector, segmenter].map(({ origin: _, ...network }) => network);
  return createHash('sha256').update(JSON.stringify(networks)).digest('hex');
}
