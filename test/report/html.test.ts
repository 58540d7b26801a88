import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { html, htmlPage } from '../../src/report/html.js';

describe('a template', () => {
  test('escapes what could be markup, in text and in attributes', () => {
    const nasty = `<script>alert("1")</script>&'`;
    expect(html`<p title="${nasty}">${nasty}</p>`.toString()).toBe(
      '<p title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;</p>',
    );
  });

  test('keeps its own markup, also in lists', () => {
    const items = ['a', '<b>'].map((item) => html`<li>${item}</li>`);
    expect(html`${items}${0}`.toString()).toBe('<li>a</li><li>&lt;b&gt;</li>0');
  });

  test('drops control characters and marks that reverse text', () => {
    expect(html`${'a\u0000\u001b[2J\u202eb\u009b\nc'}`.toString()).toBe('a[2Jbc');
  });
});

describe('a page', () => {
  const page = htmlPage({
    title: '</title><b>',
    body: html`<p>${'<i>'}</p>`,
    style: 'p > b {}',
    script: '1 < 2;',
  });

  test('allows only its own style and script', () => {
    const [, policy] = /<meta[^>]*Content-Security-Policy[^>]*content="([^"]*)"/u.exec(page)!;
    const directives = policy!.replaceAll('&#39;', "'").split('; ');
    const hashOf = (name: string) => {
      const [, content] = new RegExp(`<${name}>(.*?)</${name}>`, 'su').exec(page)!;
      return `'sha256-${createHash('sha256').update(content!).digest('base64')}'`;
    };
    expect(directives).toEqual([
      "default-src 'none'",
      'img-src data:',
      `style-src ${hashOf('style')}`,
      `script-src ${hashOf('script')}`,
      "base-uri 'none'",
      "form-action 'none'",
    ]);
  });

  test('escapes its title', () => expect(page).toContain('<title>&lt;/title&gt;&lt;b&gt;</title>'));
});
