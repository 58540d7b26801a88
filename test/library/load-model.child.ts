/** A program as a user of the library would write it, but for the path: prints how many nuclei an image has, and the surest. */
import { loadModel, readImage } from '../../src/index.js';

const [folder, file] = process.argv.slice(2);
const model = await loadModel(folder, { device: 'cpu' });
const { instances, labelImage } = await model.segment(await readImage(file!));
const { width, height } = labelImage;
process.stdout.write(`${JSON.stringify({ width, height, count: instances.length, surest: instances[0] })}\n`);
model.dispose();
