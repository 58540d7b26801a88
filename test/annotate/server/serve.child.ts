/** Serves a folder: `node serve.child.js FOLDER`. SIGUSR1 makes its disk read-only, SIGUSR2 deletes the file `filler` on it. */
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { serve } from '../../../src/annotate/server/http/serve.js';
import { AnnotationService } from '../../../src/annotate/server/service.js';

const folder = process.argv[2]!;
process.on('SIGUSR1', () => {
  const { status } = spawnSync('mount', ['-o', 'remount,ro', folder]);
  process.stdout.write(status === 0 ? 'read-only\n' : 'still writable\n');
});
process.on('SIGUSR2', () => {
  rmSync(path.join(folder, 'filler'));
  process.stdout.write('free\n');
});
const service = await AnnotationService.open({
  ...{ folder, annotator: 'ann', readOnly: false, planes: {}, onNotice: () => {} },
  ...{ strategy: 'random', regionSide: null, seed: 1, version: '0' },
});
const page = new Map([['/', { type: 'text/html', body: '' }]]);
const onError = (error: unknown) => process.stdout.write(`${String(error)}\n`);
const { port, token } = await serve(service, { port: 0, page, onError });
process.stdout.write(`${JSON.stringify({ port, token })}\n`);
