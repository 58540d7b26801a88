/**
 * The direction of imports: cli -> library -> {train, predict, eval, report} -> models -> ops -> engine, data beside
 * them.
 *
 * @type {import('dependency-cruiser').IConfiguration}
 */
export default {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'library-is-for-cli',
      comment: 'It puts the parts together; no part knows it.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|library)/|^src/index\.ts$' },
      to: { path: '^src/library/' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/cli/' },
      to: { path: '^(src/cli|bin)/' },
    },
    {
      name: 'engine-at-the-bottom',
      severity: 'error',
      from: { path: '^src/(engine|ops)/' },
      to: { path: '^src/(config|data|models|train|predict|eval|report)/' },
    },
    {
      name: 'data-knows-no-networks',
      severity: 'error',
      from: { path: '^src/data/' },
      to: {
        path: '^src/(config|engine|ops|models|train|predict|eval|report)/',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'models-know-no-tasks',
      severity: 'error',
      from: { path: '^src/models/' },
      to: { path: '^src/(config|data|train|predict|eval|report)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'eval-never-trains',
      severity: 'error',
      from: { path: '^src/(eval|predict|report)/' },
      to: { path: '^src/train/' },
    },
    {
      name: 'config-is-read-by-cli-and-library',
      comment: 'Elsewhere a config is a plain value: import its type alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|config|library)/' },
      to: { path: '^src/config/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'browser-clean',
      comment: 'Box maths, networks and label images shall run in a browser one day.',
      severity: 'error',
      from: { path: '^src/(ops|models)/|^src/(random|tf|errors)\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-tested-code-knows-tests',
      severity: 'error',
      from: { path: '^(src|bin|setup)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
