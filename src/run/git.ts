import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { z } from 'zod';

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

/** The state of the repository that a folder belongs to; null without git, a repository or a commit. */
export function readGitState(folder: string): GitState | null {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], {
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
