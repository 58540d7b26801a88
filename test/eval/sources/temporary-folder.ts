import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { LabelImage } from '../../../src/data/geometry/label-image.js';
import { writeImage } from '../../../src/data/image/image-io.js';
import { writeLabelImage } from '../../../src/data/image/label-io.js';

/** A folder that is gone after the test. */
export function temporaryFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'nucleate-eval-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const place = (name: string) => {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    return path;
  };
  return {
    path: folder,
    text: (name: string, content: string) => writeFileSync(place(name), content),
    labels: (name: string, labelImage: LabelImage) => writeLabelImage(place(name), labelImage),
    /** A grey image that is black but for these pixels. */
    mask: (name: string, { width, height }: { width: number; height: number }, pixels: number[]) => {
      const data = new Uint8Array(width * height);
      for (const pixel of pixels) data[pixel] = 255;
      return writeImage(place(name), { width, height, channels: 1, data });
    },
    folder: (name: string) => mkdirSync(join(folder, name), { recursive: true }),
  };
}
