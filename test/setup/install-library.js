/** Installs the wheel of test/setup/wheel.ts in a process of its own, so that it can be killed. */
import { installLibrary } from '../../setup/library.js';

/** @type {{ folder: string, wheel: import('../../setup/download.js').Wheel, disk: number }} */
const { folder, wheel, disk } = JSON.parse(process.argv[2] ?? '');
await installLibrary({
  folder,
  wheels: [wheel],
  disk,
  python: 'python3',
  say: (line) => void process.stderr.write(`${line}\n`),
});
