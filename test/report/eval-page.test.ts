import { describe, expect, test } from 'vitest';
import { evalPage } from '../../src/report/eval-page.js';
import { drawing } from '../reference/draw.js';
import { documentOf, modelOf, predictionOf, truthOf } from './scored.js';

const gt = drawing('11..22', '11..22', '......', '333333');
const pred = drawing('1111..', '1111..', '5.....', '333444');

/** Names that an attacker would choose. */
const nasty = {
  image: `<script>alert(1)</script>"'&`,
  target: `</script><img src=x onerror=alert(2)>`,
  cluster: `<svg onload=alert(3)>`,
};

async function pageOf(names: { image: string; target: string; cluster: string }) {
  const truth = truthOf(`data ${names.target}`, { [names.image]: gt });
  const predictions = [
    predictionOf(names.target, { [names.image]: gt }),
    predictionOf(`other ${names.target}`, { [names.image]: pred }),
  ];
  const document = await documentOf(truth, predictions, {
    clusters: new Map([[names.image, names.cluster]]),
  });
  return evalPage(document, { truth, predictions });
}

describe('the page of a comparison', () => {
  test('shows both targets, the charts, the galleries and a row for the image', async () => {
    const page = await pageOf({ image: 'image-1', target: 'target-1', cluster: 'f' });
    expect(page).toContain('[1] target-1');
    expect(page).toContain('[2] other target-1');
    expect(page.match(/src="data:image\/svg\+xml;base64,/gu)).toHaveLength(4);
    // Image, truth, and two of each target; in both galleries.
    expect(page.match(/src="data:image\/png;base64,/gu)).toHaveLength(12);
    expect(page).toMatch(/<tr>\s*<th>image-1<\/th>\s*<td>f<\/td>/u);
  });

  test('loads nothing: only data addresses, no event handler, no inline style', async () => {
    const page = await pageOf({ image: 'image-1', target: 'target-1', cluster: 'f' });
    for (const [, address] of page.matchAll(/(?:src|href|url)\s*[=(]\s*"?([^"\s)]*)/gu)) {
      expect(address).toMatch(/^data:image\//u);
    }
    expect(page).not.toMatch(/<[^>]+\s(?:on\w+|style)\s*=/iu);
    expect(page.match(/<script/gu)).toHaveLength(1);
  });

  test('escapes names everywhere, also in charts', async () => {
    const page = await pageOf(nasty);
    const plain = await pageOf({ image: 'i', target: 't', cluster: 'c' });
    const tags = (text: string) => text.match(/<(?:script|img|svg)\b/gu)!.length;
    expect(tags(page)).toBe(tags(plain));
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    const charts = [...page.matchAll(/data:image\/svg\+xml;base64,([^"]*)/gu)].map(([, code]) =>
      Buffer.from(code!, 'base64').toString(),
    );
    expect(charts).toHaveLength(4);
    for (const chart of charts) expect(chart).not.toMatch(/<script|onload=[^;]*>|<svg onload/u);
    expect(charts.join('')).toContain('&lt;svg onload=alert(3)&gt;');
  });
});

test('perfect predictions give empty galleries', async () => {
  const truth = truthOf('t', { a: gt });
  const predictions = [predictionOf('p', { a: gt })];
  const page = await evalPage(await documentOf(truth, predictions), { truth, predictions });
  expect(page).not.toContain('data:image/png');
});

test('a model has tables for its stages and its boxes, other predictions have none', async () => {
  const boxes = { predBoxes: Float32Array.of(0, 0, 2, 2), scores: Float32Array.of(0.9) };
  const truth = truthOf('t', { a: gt });
  const page = async (prediction: ReturnType<typeof predictionOf>) =>
    evalPage(await documentOf(truth, [prediction]), { truth, predictions: [prediction] });
  const withModel = await page(modelOf('m', { a: gt }, boxes, gt));
  // One of three boxes; no masks box by box; the score; all right in the true boxes; 1 / (1 + 2).
  expect(withModel).toMatch(
    /<th>\[1\] m<small>a perfect detector would change the score by 0\.0000, a perfect segmenter by -0\.6667: the detector costs more<\/small><\/th>\s*(?:<td>[\d.]+<\/td>)+/u,
  );
  expect(withModel).toContain(
    ['0.3333', '0.0000', '1.0000', '1.0000', '0.3333'].map((value) => `<td>${value}</td>`).join(''),
  );
  expect(withModel).toContain('<h2>Boxes</h2>');
  const plain = await page(predictionOf('p', { a: gt }));
  expect(plain).not.toContain('What each stage costs');
  expect(plain).not.toContain('<h2>Boxes</h2>');
});

test('an image in two galleries is predicted once', async () => {
  const truth = truthOf('t', { a: gt });
  const read: string[] = [];
  const counted = (path: string, labelImage: typeof gt) => {
    const source = predictionOf(path, { a: labelImage });
    const counting = (id: string, size: typeof gt) => (read.push(path), source.read(id, size));
    return { ...source, read: counting };
  };
  const predictions = [counted('p', gt), counted('q', pred)];
  const document = await documentOf(truth, predictions);
  read.length = 0;
  await evalPage(document, { truth, predictions });
  expect(read).toEqual(['p', 'q']);
});
