import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { transferProgress } from './progress.js';
import { SetupStop } from './stop.js';

/**
 * @typedef {object} Wheel one entry of pins.json
 * @property {string} package
 * @property {string} version
 * @property {string} file
 * @property {number} size bytes
 * @property {string} sha256
 */

/** @param {string} file */
export async function sha256(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  return hash.digest('hex');
}

/**
 * Bytes below a folder that another process is writing to.
 *
 * @param {string} folder
 */
function bytesIn(folder) {
  let bytes = 0;
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    bytes += statSync(path.join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
  }
  return bytes;
}

/**
 * The verified wheel in `folder`, downloaded if it is not there. pip does the transfer, so that the user's index,
 * mirror, proxy and certificates apply.
 *
 * @param {Wheel} wheel
 * @param {object} options
 * @param {string} options.folder finished downloads; a wheel that was copied here by hand is used if its hash matches
 * @param {string} options.scratch an empty folder on the same disk that nothing else uses
 * @param {string} options.python
 * @param {number} options.lockFd inherited by pip: when set-up is killed, a running pip still keeps the next set-up out
 * @returns {Promise<string>} path of the wheel
 */
export async function fetchWheel(wheel, { folder, scratch, python, lockFd }) {
  const file = path.join(folder, wheel.file);
  if (existsSync(file)) {
    if ((await sha256(file)) === wheel.sha256) return file;
    process.stderr.write(`${file} is damaged; downloading it again\n`);
    rmSync(file);
  }
  mkdirSync(folder, { recursive: true });
  await pipDownload(wheel, { folder, scratch, python, lockFd });
  const arrived = path.join(scratch, wheel.file);
  if (!existsSync(arrived) || (await sha256(arrived)) !== wheel.sha256) {
    throw new SetupStop(
      `pip did not download the expected ${wheel.file}.`,
      'Check which index it uses: pip config list',
    );
  }
  renameSync(arrived, file);
  return file;
}

/**
 * @param {Wheel} wheel
 * @param {{ folder: string, scratch: string, python: string, lockFd: number }} options
 */
async function pipDownload(wheel, { folder, scratch, python, lockFd }) {
  const requirement = `${wheel.package}==${wheel.version}`;
  const requirements = path.join(scratch, 'requirements.txt');
  writeFileSync(requirements, `${requirement} --hash=sha256:${wheel.sha256}\n`);
  const platforms = path.basename(wheel.file, '.whl').split('-').at(-1)?.split('.') ?? [];
  const download = [
    '--no-deps',
    '--only-binary=:all:',
    '--implementation',
    'cp',
    '--python-version',
    '3.12',
    ...platforms.flatMap((platform) => ['--platform', platform]),
  ];
  const quiet = ['--no-cache-dir', '--progress-bar', 'off', '--no-input', '--disable-pip-version-check'];
  const child = spawn(
    python,
    ['-m', 'pip', 'download', ...quiet, ...download, '-d', scratch, '-r', requirements],
    {
      stdio: ['ignore', 'ignore', 'pipe', lockFd],
      env: { ...process.env, TMPDIR: scratch },
    },
  );
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (/** @type {string} */ text) => (log += text));
  const progress = transferProgress(wheel.file.split('-', 2).join(' '), wheel.size);
  const timer = setInterval(() => progress.update(bytesIn(scratch)), 500);
  const status = await new Promise((resolve) => child.on('close', resolve));
  clearInterval(timer);
  if (status !== 0)
    throw pipFailure(log, wheel, `pip download ${requirement} ${download.join(' ')} -d ${folder}`);
  progress.end();
}

/**
 * @param {string} log what pip wrote to standard error
 * @param {Wheel} wheel
 * @param {string} command the same download by hand
 */
function pipFailure(log, wheel, command) {
  const lines = log.trim().split('\n');
  const said = (lines.findLast((line) => line.startsWith('ERROR')) ?? lines.at(-1) ?? '').trim();
  if (/No module named pip/.test(log)) {
    return new SetupStop(
      'Python 3 has no pip.',
      'Install it: apt install python3-pip, or python3 -m ensurepip',
    );
  }
  if (/No space left/.test(log))
    return new SetupStop(`The disk is full: ${said}`, 'Free some space, then run again.', 8);
  const offline =
    /NewConnectionError|NameResolution|ConnectTimeout|ReadTimeout|ProxyError|SSLError|No matching dist/;
  return new SetupStop(
    offline.test(log)
      ? `pip found no package index that has ${wheel.file} (${said}).`
      : `pip failed: ${said}`,
    `Check the network and pip config list. Without a network, run this on a machine that has one: ${command}`,
  );
}
