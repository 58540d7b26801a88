import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readComplete } from '../../src/config/complete.js';
import { migrateModelFile } from '../../src/config/migrations.js';
import { ModelFile } from '../../src/config/model-file.js';

test.each(['models/nucleate-stains', 'models/nucleate-small', 'experiments/nucleate-small-twin'])(
  'model.json of %s has every key that the schemas have today',
  (folder) => {
    const file = JSON.parse(readFileSync(`${folder}/model.json`, 'utf8')) as { format: number };
    // A new key without an entry in `formatChanges` is missing here.
    expect(readComplete(ModelFile, migrateModelFile(file, file.format))).toMatchObject({ config: {} });
  },
);
