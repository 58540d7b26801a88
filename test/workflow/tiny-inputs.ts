/** Small images and a very small model on the disk, for runs of the workflow: `npx tsx test/workflow/tiny-inputs.ts FOLDER IMAGES`. */
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { makeFolders } from '../../src/make-folders.js';
import { writeImage } from '../../src/data/image/image-io.js';
import { startRuntime } from '../../src/engine/runtime.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { smallModel, speckled } from '../model/small-model.js';

/** Writes `model` and `images`, of 60 px and more, into a folder. The runtime must have been started. */
export async function writeTinyInputs(folder: string, count: number): Promise<void> {
  makeFolders(path.join(folder, 'images'));
  await writeModelFolder(path.join(folder, 'model'), smallModel(), '# card\n');
  for (let index = 0; index < count; index++) {
    const name = `i${String(index).padStart(3, '0')}.png`;
    await writeImage(path.join(folder, 'images', name), speckled(60 + (index % 40)));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await startRuntime('cpu');
  await writeTinyInputs(process.argv[2]!, Number(process.argv[3]));
}
