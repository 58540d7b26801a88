import { homedir } from 'node:os';
import path from 'node:path';

/**
 * The folder, one per user, that holds the TensorFlow library.
 *
 * @param {NodeJS.ProcessEnv} env NUCLEATE_CACHE names the folder itself; XDG_CACHE_HOME its parent (only if
 *   absolute, as the XDG specification demands); without both it is ~/.cache/nucleate.
 * @returns {string} an absolute path; the folder need not exist
 */
export function cacheFolder(env) {
  if (env.NUCLEATE_CACHE) return path.resolve(env.NUCLEATE_CACHE);
  const xdg = env.XDG_CACHE_HOME;
  const parent = xdg && path.isAbsolute(xdg) ? xdg : path.join(homedir(), '.cache');
  return path.join(parent, 'nucleate');
}

/**
 * The environment variables that TensorFlow reads while it is loaded: Node must be started with them.
 *
 * @param {NodeJS.ProcessEnv} env What the user has set replaces the defaults.
 * @param {{ verbose: boolean }} options `verbose` lets TensorFlow's own log through.
 * @returns {NodeJS.ProcessEnv}
 */
export function nativeEnvironment(env, { verbose }) {
  return {
    // 0 prints everything; 2 leaves out what is routine: CPU features found, plug-ins registered, no GPU found.
    TF_CPP_MIN_LOG_LEVEL: verbose ? '0' : '2',
    // Without it the first process takes the whole GPU's memory and a second one cannot start.
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    // TensorFlow's default is on for some Intel processors only; on an AMD EPYC oneDNN makes a training step a fifth
    // shorter.
    TF_ENABLE_ONEDNN_OPTS: '1',
    // By default each thread keeps what it has freed for itself: a fifth more memory in predictions, with TensorFlow's threads.
    MALLOC_ARENA_MAX: '1',
    ...env,
  };
}
