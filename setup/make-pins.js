/**
 * Writes setup/pins.json: version, size and SHA-256 of every wheel that set-up may fetch.
 *
 * Run when a version below changes: `node setup/make-pins.js`. Needs the network; nothing else calls it.
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const tensorflow = '2.21.0';

/** Wheels of any Python would do, since their Python code is not used; 3.12 is the newest that all of these exist for. */
const cpu = [['tensorflow-cpu', tensorflow, 'cp312-cp312-manylinux_2_27_x86_64']];

/**
 * The wheels that the extra `tensorflow[and-cuda]` 2.21.0 names, at CUDA 12.9 update 1: inside its version ranges,
 * and the first 12.x with kernels for every GPU up to Blackwell.
 */
const cuda = [
  ['tensorflow', tensorflow, 'cp312-cp312-manylinux_2_27_x86_64'],
  ['nvidia-cublas-cu12', '12.9.1.4', 'x86_64'],
  ['nvidia-cuda-cupti-cu12', '12.9.79', 'x86_64'],
  ['nvidia-cuda-nvcc-cu12', '12.9.86', 'x86_64'],
  ['nvidia-cuda-nvrtc-cu12', '12.9.86', 'x86_64'],
  ['nvidia-cuda-runtime-cu12', '12.9.79', 'x86_64'],
  ['nvidia-cudnn-cu12', '9.10.2.21', 'x86_64'],
  ['nvidia-cufft-cu12', '11.4.1.4', 'x86_64'],
  ['nvidia-curand-cu12', '10.3.10.19', 'x86_64'],
  ['nvidia-cusolver-cu12', '11.7.5.82', 'x86_64'],
  ['nvidia-cusparse-cu12', '12.5.10.65', 'x86_64'],
  ['nvidia-nccl-cu12', '2.27.7', 'x86_64'],
  ['nvidia-nvjitlink-cu12', '12.9.86', 'x86_64'],
];

/** @param {string[]} wheel package, version, end of the file name before `.whl` */
async function pin([name = '', version = '', tag = '']) {
  const index = await (await fetch(`https://pypi.org/simple/${name}/`)).text();
  const stem = `${name.replaceAll('-', '_')}-${version}-`;
  const urls = [...index.matchAll(/href="([^"#]+)#sha256=([0-9a-f]{64})"/g)];
  const found = urls.filter(([, url = '']) => {
    const file = url.slice(url.lastIndexOf('/') + 1);
    return file.startsWith(stem) && file.includes('manylinux') && file.endsWith(`${tag}.whl`);
  });
  if (found.length !== 1) throw new Error(`${name} ${version}: expected one wheel, found ${found.length}`);
  const [, url = '', sha256 = ''] = found[0] ?? [];
  const size = Number((await fetch(url, { method: 'HEAD' })).headers.get('content-length'));
  return { package: name, version, file: url.slice(url.lastIndexOf('/') + 1), size, sha256 };
}

const pins = {
  tensorflow,
  wheels: { cpu: await Promise.all(cpu.map(pin)), cuda: await Promise.all(cuda.map(pin)) },
};
writeFileSync(fileURLToPath(new URL('pins.json', import.meta.url)), `${JSON.stringify(pins, null, 2)}\n`);
