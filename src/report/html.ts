import { createHash } from 'node:crypto';

/** Text that is already markup. Only {@link html} makes it; everything else is escaped. */
export class Html {
  readonly #markup: string;

  constructor(markup: string) {
    this.#markup = markup;
  }

  toString(): string {
    return this.#markup;
  }
}

type Part = Html | string | number | readonly Html[];

/** A template whose values are escaped, in text and in quoted attributes, unless they are {@link Html}. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const texts = parts.map((part) => (Array.isArray(part) ? part.join('') : markupOf(part as Html | string)));
  return new Html(strings.map((string, index) => string + (texts[index] ?? '')).join(''));
}

const entities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Control characters, and marks that reverse the direction of text: HTML has no use for them. */
const invisible = /[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu;

function markupOf(part: Html | string | number): string {
  if (part instanceof Html) return part.toString();
  return String(part)
    .replace(invisible, '')
    .replace(/[&<>"']/gu, (character) => entities[character]!);
}

export interface Page {
  readonly title: string;
  readonly body: Html;
  /** Our own CSS, never text from a user. */
  readonly style: string;
  /** Our own JavaScript, never text from a user. */
  readonly script: string;
}

/**
 * A page that needs no other file. Its content security policy forbids loading anything; it allows only the style and the
 * script given here, by their hashes, and images as data URIs.
 */
export function htmlPage({ title, body, style, script }: Page): string {
  const policy = [
    "default-src 'none'",
    'img-src data:',
    `style-src ${hashSource(style)}`,
    `script-src ${hashSource(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${policy}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="referrer" content="no-referrer" />
        <title>${title}</title>
        ${element('style', style)}
      </head>
      <body>
        ${body} ${element('script', script)}
      </body>
    </html> `;
  return page.toString();
}

/** Not part of the template: a space added by the formatter would change the hash. */
const element = (name: 'style' | 'script', content: string) => new Html(`<${name}>${content}</${name}>`);

const hashSource = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
