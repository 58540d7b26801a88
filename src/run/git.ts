import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import { readPlainTextSync } from '../plain-file.js';

/** The version of the code that made a result. */
export const GitState = z.strictObject({
  commit: z.string(),
  /** Whether tracked files differ from the commit. */
  dirty: z.boolean(),
  /** Hash of `git diff HEAD`, to tell two changed trees apart; null for a clean tree. */
  diffSha256: z.hash('sha256').nullable(),
});

export type GitState = z.output<typeof GitState>;

/** A larger diff is not source code. */
const maxDiffBytes = 64 * 2 ** 20;

/** The state of the repository whose top a folder is; null without git, a repository of its own or a commit. */
export function readGitState(folder: string): GitState | null {
  // Named, so that git does not look for another repository in folders above or in the environment.
  const place = ['-C', folder, '--git-dir=.git', '--work-tree=.'];
  const git = (...args: string[]) =>
    execFileSync('git', [...place, ...args], {
      encoding: 'utf8',
      maxBuffer: maxDiffBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const commit = git('rev-parse', 'HEAD').trim();
    // A plumbing command: the user's git settings do not change its output.
    const diff = git('diff-index', '-p', '--no-ext-diff', '--no-textconv', 'HEAD');
    if (diff === '') return { commit, dirty: false, diffSha256: null };
    return { commit, dirty: true, diffSha256: createHash('sha256').update(diff).digest('hex') };
  } catch {
    return null;
  }
}

/** Where setup/make-package.js records the state of the repository that the npm package is made of. */
export const packedGitFile = 'lib/git.json';

/**
 * The state of nucleate's own code: of its clone, or of the one that its package was made of.
 *
 * @param folder Of nucleate's package.json.
 * @returns null if it is not known.
 */
export function readCodeState(folder: string): GitState | null {
  const cloned = readGitState(folder);
  if (cloned) return cloned;
  try {
    return GitState.nullable().parse(JSON.parse(readPlainTextSync(path.join(folder, packedGitFile))));
  } catch {
    return null;
  }
}
