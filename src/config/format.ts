import { Document, isMap, isScalar, isSeq } from 'yaml';
import { type JsonSchema, schemaAt, taskSchemas } from './json-schema.js';
import type { Config } from './schema.js';

/**
 * Writes a resolved config as YAML, each key below its description from the schema.
 *
 * @returns Text that `loadConfig` reads as the same config.
 */
export function formatConfig(config: Config): string {
  const schema = taskSchemas().get(config.task);
  if (!schema) throw new Error(`There is no schema of the task ${config.task}.`);
  // `loadConfig` rejects aliases, also for a list that two keys share.
  const document = new Document(config, { aliasDuplicateObjects: false });
  describe(document.contents, schema);
  return document.toString();
}

function describe(node: unknown, schema: JsonSchema): void {
  if (isSeq(node)) node.flow = true;
  if (!isMap(node)) return;
  for (const { key, value } of node.items) {
    if (!isScalar<string>(key)) continue;
    const below = schemaAt(schema, [key.value]);
    key.commentBefore = ` ${below.description}`;
    key.spaceBefore = isMap(value);
    describe(value, below);
  }
}
