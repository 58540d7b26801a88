import { homedir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, nativeEnvironment } from '../../setup/environment.js';

test.each([
  [{}, path.join(homedir(), '.cache/nucleate')],
  [{ XDG_CACHE_HOME: '/x' }, '/x/nucleate'],
  [{ XDG_CACHE_HOME: 'relative' }, path.join(homedir(), '.cache/nucleate')],
  [{ XDG_CACHE_HOME: '/x', NUCLEATE_CACHE: '/y' }, '/y'],
  [{ NUCLEATE_CACHE: 'here' }, path.resolve('here')],
  [{ NUCLEATE_CACHE: '' }, path.join(homedir(), '.cache/nucleate')],
])('cacheFolder(%o) is %s', (env, folder) => {
  expect(cacheFolder(env)).toBe(folder);
});

test('TensorFlow logs little unless asked to, and what the user has set stays', () => {
  expect(nativeEnvironment({ HOME: '/h' }, { verbose: false })).toEqual({
    HOME: '/h',
    TF_CPP_MIN_LOG_LEVEL: '2',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    TF_ENABLE_ONEDNN_OPTS: '1',
    MALLOC_ARENA_MAX: '1',
  });
  expect(nativeEnvironment({}, { verbose: true }).TF_CPP_MIN_LOG_LEVEL).toBe('0');
  expect(nativeEnvironment({ TF_CPP_MIN_LOG_LEVEL: '1' }, { verbose: false }).TF_CPP_MIN_LOG_LEVEL).toBe('1');
});
