/** A program as a user of the library would write it: prints how many nuclei an image has, and the surest one. */
import { openModel, readImage } from 'nucleate';

const [folder, file] = process.argv.slice(2);
const model = await openModel(folder!, 'cpu');
const { instances, labelImage } = await model.segment(await readImage(file!));
const { width, height } = labelImage;
process.stdout.write(`${JSON.stringify({ width, height, count: instances.length, surest: instances[0] })}\n`);
model.dispose();
