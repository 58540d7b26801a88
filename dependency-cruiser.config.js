/**
 * The order of the rooms of src, from the top down. A room imports from itself and from lower floors, never from its own
 * floor's other rooms or from above. CONTRIBUTING.md says what each room is for.
 */
const floors = [
  ['cli'],
  ['model', 'train', 'report'],
  ['run', 'predict'],
  ['eval', 'draw'],
  ['models', 'data/loader', 'data/check'],
  ['data/augment', 'data/split'],
  ['data/read'],
  ['data/image'],
  ['data/geometry', 'data/files'],
  ['ops'],
  ['engine'],
  ['config', 'safetensors'],
];

/**
 * The rooms above, and beside it on the same floor.
 *
 * @param {number} floor
 * @param {string} room
 */
const above = (floor, room) =>
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
          path: `^src/(${above(floor, room).join('|') || 'nothing'})/`,
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
      name: 'nothing-imports-the-door',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^src/index\\.ts$' },
    },
    {
      name: 'config-is-read-by-cli-and-model',
      comment: 'Elsewhere a config is a plain value: import its type, or what is plain in itself.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(cli|config|model)/' },
      to: {
        path: '^src/config/',
        pathNot: '^src/config/(migrations|mask-threshold)\\.ts$',
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
      comment: 'Box maths, networks and label images shall run in a browser one day.',
      severity: 'error',
      from: { path: '^src/(ops|models|data/geometry)/|^src/(random|tf|errors)\\.ts$' },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'only-tested-code-knows-tests',
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
