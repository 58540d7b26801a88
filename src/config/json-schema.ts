import { z } from 'zod';
import { Config, Extends } from './schema.js';

export type JsonSchema = z.core.JSONSchema.JSONSchema;

/**
 * The JSON Schema (draft 2020-12) of a config file, for editors; committed as `configs/config.schema.json`.
 *
 * It requires `task` in every file, while for the loader one of two files joined by `extends` is enough.
 */
export function configJsonSchema(): JsonSchema {
  const extendsSchema = z.toJSONSchema(Extends);
  delete extendsSchema.$schema;
  return z.toJSONSchema(Config, {
    io: 'input',
    override: ({ zodSchema, jsonSchema }) => {
      if (!Config.options.some((task) => task === zodSchema)) return;
      jsonSchema.properties = { extends: extendsSchema, ...jsonSchema.properties };
    },
  });
}

/** The schema of each task, by its name. */
export function taskSchemas(): ReadonlyMap<unknown, JsonSchema> {
  const tasks = configJsonSchema().oneOf ?? [];
  return new Map(tasks.map((task) => [schemaAt(task, ['task']).const, task]));
}

/**
 * The schema of the key or list item at `path` below a task.
 *
 * @throws {Error} If the schema has no such path.
 */
export function schemaAt(task: JsonSchema, path: readonly PropertyKey[]): JsonSchema {
  let schema = task;
  for (const key of path) {
    const next = typeof key === 'number' ? schema.items : schema.properties?.[String(key)];
    if (typeof next !== 'object' || Array.isArray(next)) {
      throw new Error(`The config schema has no ${path.join('.')}.`);
    }
    schema = next;
  }
  return schema;
}
