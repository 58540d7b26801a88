import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitepress';
import { linkOnSite } from '../make/outside-links.js';

const docs = path.join(import.meta.dirname, '..');
const root = path.join(docs, '..');
const apiSidebar = path.join(docs, 'reference/api/typedoc-sidebar.json');

/** Pages that have been written; others are being written elsewhere and appear as soon as they are there. */
const pages = (items: readonly (readonly [text: string, link: string])[]) =>
  items
    .filter(([, link]) => existsSync(path.join(docs, `${link}.md`)))
    .map(([text, link]) => ({ text, link: `/${link}` }));

export default defineConfig({
  title: 'nucleate',
  description: 'Finds every cell nucleus in microscope images',
  lang: 'en',
  lastUpdated: false,
  head: [
    ['link', { rel: 'icon', href: 'data:,' }],
    [
      'style',
      {},
      // Names of options and keys stay on one line; the picture of the home page is wide.
      '.vp-doc td:first-child code{white-space:nowrap}.vp-doc td{vertical-align:top}' +
        '.VPHero .image-container{width:100%!important;transform:none!important}.VPHero .image-src{max-width:100%!important}',
    ],
  ],
  srcExclude: ['make/**', 'demo/**'],
  markdown: {
    config(md) {
      // Documents of the repository link to its files, not all of which are pages.
      md.core.ruler.push('outside-links', (state) => {
        const env = state.env as { relativePath?: string };
        for (const { children } of state.tokens) {
          let removed = 0;
          for (const token of children ?? []) {
            if (token.type === 'link_open') {
              const link = linkOnSite(token.attrGet('href') ?? '', env.relativePath ?? '', root);
              if (link === undefined) removed += 1;
              else token.attrSet('href', link);
              // Not by the site's own router, which knows its pages only.
              if (link?.endsWith('.html')) token.attrSet('target', '_self');
            }
            if (removed > 0 && /^link_(open|close)$/u.test(token.type)) {
              if (token.type === 'link_close') removed -= 1;
              Object.assign(token, { type: 'html_inline', content: '', tag: '', nesting: 0 });
            }
          }
        }
      });
    },
  },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [
      { text: 'Tutorial', link: '/tutorial' },
      { text: 'How to', link: '/how-to/your-images' },
      { text: 'Reference', link: '/reference/commands' },
      { text: 'Explanation', link: '/structure' },
      { text: 'Demo', link: '/demo/index.html', target: '_self' },
    ],
    sidebar: [
      {
        text: 'Start',
        items: pages([
          ['Ten-minute tutorial', 'tutorial'],
          ['Set-up', 'setup'],
          ['Questions and answers', 'faq'],
          ['Words', 'glossary'],
        ]),
      },
      {
        text: 'How to',
        items: pages([
          ['Your own images', 'how-to/your-images'],
          ['Prepare a dataset', 'datasets'],
          ['Annotate in the browser', 'annotate'],
          ['From images to a better model', 'annotate-tutorial'],
          ['Learn from corrections', 'finetune'],
          ['QuPath, Fiji and Cellpose', 'how-to/round-trips'],
          ['Train from nothing', 'how-to/train-from-nothing'],
          ['Train: all stages', 'training'],
          ['Resume', 'how-to/resume'],
          ['Huge images', 'how-to/huge-images'],
          ['Use a cluster', 'how-to/cluster'],
          ['Use a GPU', 'how-to/gpu'],
          ['Use it as a library', 'how-to/library'],
          ['Export and share a model', 'how-to/share'],
        ]),
      },
      {
        text: 'Reference',
        items: [
          ...pages([
            ['Commands in short', 'commands'],
            ['Commands: every option', 'reference/commands'],
            ['Configs', 'configs'],
            ['Config keys', 'reference/config'],
            ['Formats', 'reference/formats'],
            ['Exit codes', 'exit-codes'],
            ['Metrics', 'reference/metrics'],
          ]),
          {
            text: 'Library',
            link: '/reference/api/',
            collapsed: true,
            items: existsSync(apiSidebar)
              ? (JSON.parse(readFileSync(apiSidebar, 'utf8')) as { text: string }[])
              : [],
          },
        ],
      },
      {
        text: 'Explanation',
        items: pages([
          ['How the code is organised', 'structure'],
          ['Why two networks', 'explanation/two-networks'],
          ['Evaluation and scores', 'eval'],
          ['Results', 'results'],
          ['Benchmarks', 'reference/benchmarks'],
        ]),
      },
      {
        text: 'Project',
        items: [
          { text: 'Changelog', link: '/project/changelog' },
          { text: 'Contributing', link: '/project/contributing' },
          { text: 'Security', link: '/project/security' },
          { text: 'Log of experiments', link: '/project/experiments-log' },
          { text: 'What is not ours', link: '/project/third-party' },
        ],
      },
    ],
  },
});
