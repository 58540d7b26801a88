/** Writes the generated pages of the documentation: docs/reference, docs/project and docs/public/demo. None is committed. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { commandsPage } from './commands-page.js';
import { configPage } from './config-page.js';
import { makeDemo } from './demo.js';
import { benchmarksPage, formatsPage, metricsPage } from './facts-pages.js';
import { projectPages } from './outside-links.js';

const docs = path.join(import.meta.dirname, '..');
const root = path.join(docs, '..');

const reference = {
  commands: commandsPage(),
  config: configPage(root),
  metrics: metricsPage(),
  formats: formatsPage(),
  benchmarks: benchmarksPage(root),
};

for (const folder of ['reference', 'project']) {
  rmSync(path.join(docs, folder), { recursive: true, force: true });
  mkdirSync(path.join(docs, folder));
}
for (const [name, text] of Object.entries(reference))
  writeFileSync(path.join(docs, `reference/${name}.md`), `${text}\n`);
// Documents of the repository that are pages of the site, too.
for (const [file, page] of Object.entries(projectPages)) {
  const text = readFileSync(path.join(root, file), 'utf8');
  writeFileSync(path.join(docs, page), `<!-- ${file} -->\n\n${text}`);
}
await makeDemo(path.join(docs, 'public/demo'));
