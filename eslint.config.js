import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** Environment and arguments are read where a process starts, nowhere in the library. */
const processState = ['env', 'argv'].map((property) => ({
  object: 'process',
  property,
  message:
    'Only src/cli, src/engine/{runtime,session}.ts, bin and setup read the process; pass the value in.',
}));

export default defineConfig(
  { ignores: ['node_modules', 'dist', 'lib', 'vendor', 'runs', '.setup', 'docs/.vitepress'] },
  tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      eqeqeq: 'error',
    },
  },
  {
    // JSON.parse has no type argument in JavaScript; JSDoc types check what it is assigned to.
    files: ['**/*.js'],
    rules: { '@typescript-eslint/no-unsafe-assignment': 'off', '@typescript-eslint/no-unsafe-return': 'off' },
  },
  {
    files: ['**/*.cjs'],
    rules: {
      '@typescript-eslint/no-require-imports': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Take a Random argument (src/random.ts): runs must repeat.',
        },
        ...processState,
      ],
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^@tensorflow/', message: 'Import `tf` from src/tf.ts: two copies are two engines.' },
          ],
          paths: [
            { name: 'sharp', message: 'Only src/data/image/image-io.ts decodes and encodes images.' },
            { name: 'seedrandom', message: 'Only src/random.ts makes random streams.' },
          ],
        },
      ],
    },
  },
  {
    files: ['src/tf.ts', 'src/engine/runtime.ts', 'src/data/image/image-io.ts', 'src/random.ts'],
    rules: { 'no-restricted-imports': 'off' },
  },
  {
    files: ['src/engine/runtime.ts', 'src/engine/session.ts', 'src/cli/**/*.ts'],
    rules: {
      'no-restricted-properties': [
        'error',
        {
          object: 'Math',
          property: 'random',
          message: 'Take a Random argument (src/random.ts): runs must repeat.',
        },
      ],
    },
  },
  { files: ['src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
);
