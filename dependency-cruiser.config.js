/**
 * The order of the rooms of src, from the top down. A room imports from itself and from lower floors, never from another
 * room of its floor or from a higher floor. Files directly in src are below all rooms; only src/index.ts is above them.
 * CONTRIBUTING.md says what each room is for.
 */
const floors = [
  ['cli', 'library'],
  ['annotate/server', 'annotate-page'],
  ['finetune', 'shard'],
  ['model', 'train', 'report'],
  ['run', 'predict'],
  ['eval', 'draw'],
  ['models', 'data/loader', 'data/check'],
  ['data/augment', 'data/split'],
  ['data/read'],
  ['data/image', 'annotate/protocol'],
  ['data/geometry', 'data/files'],
  ['ops'],
  ['engine'],
  ['config', 'safetensors'],
];

/**
 * The rooms that a room may not import: those on higher floors and the others on its own.
 *
 * @param {number} floor
 * @param {string} room
 */
const forbiddenTo = (floor, room) =>
  floors
    .slice(0, floor + 1)
    .flat()
    .filter((other) => other !== room);

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    { name: 'no-circles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/' },
      to: { circular: true },
    },
    ...floors.flatMap((rooms, floor) =>
      rooms.map((room) => ({
        name: `order-of-rooms: ${room}`,
        severity: /** @type {const} */ ('error'),
        from: { path: `^src/${room}/` },
        to: {
          path: `^src/(${forbiddenTo(floor, room).join('|') || 'nothing'})/`,
        },
      })),
    ),
    {
      name: 'every-room-has-a-floor',
      severity: 'error',
      from: { path: `^src/(?!(${floors.flat().join('|')})/)[^/]+/` },
      to: {},
    },
    {
      name: 'files-of-src-are-below-all-rooms',
      severity: 'error',
      from: { path: '^src/[^/]+$', pathNot: '^src/index\\.ts$' },
      to: { path: '^src/[^/]+/' },
    },
    {
      name: 'index-is-for-others',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'config-is-read-by-cli-finetune-model-and-shard',
      comment: 'Elsewhere a config is a plain value: import its type, or what is plain in itself.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|config|finetune|model|shard)/' },
      to: {
        path: '^src/config/',
        pathNot: '^src/config/(migrations|mask-threshold|history)\\.ts$',
        dependencyTypesNot: ['type-only'],
      },
    },
    {
      name: 'data-knows-no-networks',
      severity: 'error',
      from: { path: '^src/data/' },
      to: { path: '^src/(engine|ops|models)/|^src/tf\\.ts$' },
    },
    {
      name: 'browser-clean',
      comment:
        'Box maths, networks, label images and the annotation page must run in a browser, too: no Node modules.',
      severity: 'error',
      from: {
        path: '^src/(ops|models|data/geometry|annotate/protocol|annotate-page)/|^src/(random|tf|errors)\\.ts$',
      },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'tests-and-benchmarks-are-not-imported',
      severity: 'error',
      from: { path: '^(src|bin|setup)/' },
      to: { path: '^(test|bench|experiments)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'types'] },
  },
};
