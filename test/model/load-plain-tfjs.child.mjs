// Another program: it has TensorFlow.js, and nothing of this project. Prints what the models answer, as JSON.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs';

/** @type {unknown} */
const parsed = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8'));
const requests = /** @type {{ url: string, shape: number[], values: number[] }[]} */ (parsed);
await tf.setBackend('cpu');
const answers = [];
for (const { url, shape, values } of requests) {
  const model = await tf.loadLayersModel(url);
  const outputs = model.predict(tf.tensor(values, shape));
  answers.push(
    (Array.isArray(outputs) ? outputs : [outputs]).map((output) => ({
      shape: output.shape,
      values: [...output.dataSync()],
    })),
  );
}
process.stdout.write(JSON.stringify(answers));
