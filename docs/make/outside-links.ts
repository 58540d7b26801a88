/** Links in documents of the repository, as they are on the site: to a page, or no link where the file is no page. */
import { existsSync } from 'node:fs';
import path from 'node:path';

/** Files outside of docs that are pages of the site, and their pages within docs. */
export const projectPages: Readonly<Record<string, string>> = {
  'CHANGELOG.md': 'project/changelog.md',
  'CONTRIBUTING.md': 'project/contributing.md',
  'SECURITY.md': 'project/security.md',
  'THIRD-PARTY.md': 'project/third-party.md',
  'experiments/LOG.md': 'project/experiments-log.md',
  'examples/dsb2018-mini/README.md': 'project/sample.md',
};

/** Pages that are no Markdown: their sources, and where they are on the site. */
const otherPages: Readonly<Record<string, string>> = { 'docs/demo/index.html': '/demo/index.html' };

const originals = new Map(Object.entries(projectPages).map(([file, page]) => [page, file]));

/**
 * Where a link leads on the site.
 *
 * @param href As written.
 * @param page Within docs, such as `commands.md` or `project/changelog.md`.
 * @param root Of the repository.
 * @returns A link from the page; undefined if it leads to a file of the repository that is no page.
 * @throws {Error} If there is no such file in the repository.
 */
export function linkOnSite(href: string, page: string, root: string): string | undefined {
  if (/^([a-z]+:|#|\/)/u.test(href)) return href;
  const [target = '', anchor] = href.split('#');
  const file = originals.get(page) ?? `docs/${page}`;
  const aim = path.posix.normalize(path.posix.join(path.posix.dirname(file), target));
  const hash = anchor === undefined ? '' : `#${anchor}`;
  const aimPage = projectPages[aim] ?? (aim.startsWith('docs/') ? aim.slice('docs/'.length) : undefined);
  if (aim === 'README.md') return '/';
  if (aim in otherPages) return otherPages[aim];
  if (aimPage === undefined || !aimPage.endsWith('.md')) {
    if (!existsSync(path.join(root, aim))) throw new Error(`${file} links to ${href}, which does not exist`);
    return undefined;
  }
  return path.posix.join('/', aimPage) + hash;
}
