import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Image } from '../../src/data/image/image.js';
import type { Segmentation } from '../../src/predict/assemble/segmentation.js';
import { tf } from '../../src/tf.js';
import { type ExportedModel, openExportedModel } from './exported-model.js';
import { findNuclei } from './find-nuclei.js';

/** Longest side, px: a larger image would take many minutes. */
const longest = 1024;

const element = <T extends HTMLElement>(id: string) => document.getElementById(id) as T;
const [file, sample] = [element<HTMLInputElement>('file'), element<HTMLButtonElement>('sample')];
const [said, done] = [element('said'), element<HTMLProgressElement>('done')];
const picture = element<HTMLCanvasElement>('picture');

let opened: Promise<ExportedModel> | undefined;

async function openModel(): Promise<ExportedModel> {
  setWasmPaths('./');
  if (!(await tf.setBackend('wasm'))) throw new Error('This browser has no WebAssembly.');
  return openExportedModel('./');
}

/** Draws what is shown so far: TensorFlow.js keeps the page from it while it computes. */
const drawn = () => new Promise<void>((resolve) => setTimeout(resolve));

/** Shows an image and reads its colours, as they are in the file. */
async function readImage(bytes: Blob): Promise<Image> {
  const bitmap = await createImageBitmap(bytes, { colorSpaceConversion: 'none' }).catch(() => {
    throw new Error('The browser cannot read this file. It reads PNG, JPEG and WebP.');
  });
  const { width, height } = bitmap;
  if (Math.max(width, height) > longest)
    throw new Error(
      `This image has ${width} x ${height} px. Here it may have ${longest} x ${longest}; nucleate predict has no such limit.`,
    );
  Object.assign(picture, { width, height, hidden: false });
  const context = picture.getContext('2d', { willReadFrequently: true })!;
  context.drawImage(bitmap, 0, 0);
  const { data: rgba } = context.getImageData(0, 0, width, height);
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < width * height; i++) data.set(rgba.subarray(4 * i, 4 * i + 3), 3 * i);
  return { width, height, channels: 3, data };
}

/** Colours the pixels of each nucleus that touch another one or the background. */
function drawOutlines({ labelImage: { width, height, labels } }: Segmentation): void {
  const context = picture.getContext('2d')!;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const label = labels[y * width + x]!;
      const isInside =
        (x === 0 || labels[y * width + x - 1] === label) &&
        (x === width - 1 || labels[y * width + x + 1] === label) &&
        (y === 0 || labels[(y - 1) * width + x] === label) &&
        (y === height - 1 || labels[(y + 1) * width + x] === label);
      if (label === 0 || isInside) continue;
      // Neighbouring labels are far apart on the circle of hues: steps of the golden angle.
      context.fillStyle = `hsl(${(label * 137.5) % 360} 100% 60%)`;
      context.fillRect(x, y, 1, 1);
    }
  }
}

/** What was found last, for programs that drive the page. */
declare global {
  var nuclei: Segmentation | undefined;
}

async function show(bytes: Promise<Blob>): Promise<void> {
  globalThis.nuclei = undefined;
  file.disabled = sample.disabled = true;
  Object.assign(done, { value: 0, hidden: false });
  try {
    const image = await readImage(await bytes);
    said.textContent = 'Opening the model ...';
    await drawn();
    opened ??= openModel().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    const model = await opened;
    said.textContent = 'Finding nuclei ...';
    const began = performance.now();
    const found = await findNuclei(model, image, async (fraction) => {
      done.value = fraction;
      await drawn();
    });
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const { length } = found.instances;
    said.textContent = `${length} ${length === 1 ? 'nucleus' : 'nuclei'} in ${image.width} x ${image.height} px, in ${seconds} s.`;
    picture.setAttribute('aria-label', `The image with ${length} outlined nuclei`);
    drawOutlines(found);
    globalThis.nuclei = found;
  } catch (error) {
    said.textContent = error instanceof Error ? error.message : String(error);
  } finally {
    file.disabled = sample.disabled = false;
    file.value = '';
    done.hidden = true;
  }
}

file.addEventListener('change', () => {
  const [chosen] = file.files ?? [];
  if (chosen) void show(Promise.resolve(chosen));
});
sample.addEventListener('click', () => void show(fetch('sample.png').then((answer) => answer.blob())));
