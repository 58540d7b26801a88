import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { z } from 'zod';

/** Which code has made a result. */
export const GitState = z.strictObject({
  commit: z.string(),
  /** Whether tracked files differ from the commit. */
  dirty: z.boolean(),
  /** Of `git diff HEAD`, so that two dirty trees can be told apart; null for a clean one. */
  diffSha256: z.hash('sha256').nullable(),
});

export type GitState = z.output<typeof GitState>;

/** A diff beyond this is no code. */
const maxDiffBytes = 64 * 2 ** 20;

/** The state of the repository that a folder belongs to; null without git, repository or commit. */
export function readGitState(folder: string): GitState | null {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', folder, ...args], {
      encoding: 'utf8',
      maxBuffer: maxDiffBytes,
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  try {
    const commit = git('rev-parse', 'HEAD').trim();
    // Plumbing: no settings of the user change what it prints.
    const diff = git('diff-index', '-p', '--no-ext-diff', '--no-textconv', 'HEAD');
    if (diff === '') return { commit, dirty: false, diffSha256: null };
    return { commit, dirty: true, diffSha256: createHash('sha256').update(diff).digest('hex') };
  } catch {
    return null;
  }
}
