import { readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { createRunFolder, runFiles } from '../../src/run/run-folder.js';
import {
  validationImagesFolder,
  readValidationImages,
  writeValidationImages,
} from '../../src/run/validation-images.js';
import { ValidationGallery } from '../../src/train/validation-gallery.js';
import { scratchFolder } from '../run/scratch.js';

const image = { width: 1, height: 1, channels: 1, data: Uint8Array.of(0) } as const;

test('the four worst and the four best images are drawn, and no other', () => {
  const gallery = new ValidationGallery();
  const drawn: string[] = [];
  const scores = [0.5, 0.1, null, 0.9, 0.3, 0.7, 0.2, 0.8, 0.4, 0.6];
  for (const [index, score] of scores.entries()) {
    gallery.add({ id: `i${index}`, cluster: 'a' }, score, () => {
      drawn.push(`i${index}`);
      return image;
    });
  }
  expect(gallery.images).toEqual(scores.map((score, index) => ({ id: `i${index}`, cluster: 'a', score })));
  expect(gallery.draw().map(({ kind, score }) => `${kind} ${score}`)).toEqual([
    ...['worst 0.1', 'worst 0.2', 'worst 0.3', 'worst 0.4'],
    ...['best 0.9', 'best 0.8', 'best 0.7', 'best 0.6'],
  ]);
  expect(drawn.sort()).toEqual(['i1', 'i3', 'i4', 'i5', 'i6', 'i7', 'i8', 'i9']);
});

test('with few images each is drawn once; without images nothing is drawn', () => {
  const gallery = new ValidationGallery();
  expect(gallery.draw()).toEqual([]);
  for (const id of ['a', 'b', 'c', 'd', 'e']) gallery.add({ id }, 0.5, () => image);
  expect(gallery.draw().map(({ id, kind }) => `${kind} ${id}`)).toEqual([
    ...['worst a', 'worst b', 'worst c', 'worst d'],
  ]);
});

test('the run folder keeps the last and the best validation', () => {
  const folder = path.join(scratchFolder(), 'run');
  const records = {
    config: '',
    resolvedConfig: '',
    environment: {},
    git: null,
    dataset: {},
    split: null,
    metricNames: '{}',
  };
  createRunFolder(folder, records);
  const evaluation = (step: number) => ({
    ...{ step, score: 0.5, images: [{ id: '../x', cluster: 'a', score: null }] },
    examples: [{ id: '../x', kind: 'worst' as const, score: 0.5, file: 'worst-0.png' }],
  });
  const write = (step: number, bestStep: number) =>
    writeValidationImages(folder, evaluation(step), { pngs: [Uint8Array.of(1)], bestStep });
  for (const [step, best] of [
    [5, 5],
    [10, 5],
    [15, 5],
    [15, 15],
    [20, 15],
  ] as const)
    write(step, best);
  expect(readdirSync(runFiles(folder).evaluation).sort()).toEqual(['step-000000015', 'step-000000020']);
  expect(readdirSync(validationImagesFolder(folder, 20)).sort()).toEqual(['images.json', 'worst-0.png']);
  expect(readValidationImages(folder, 20)).toEqual(evaluation(20));

  expect(readValidationImages(folder, 5)).toBeNull();
  const json = path.join(validationImagesFolder(folder, 20), 'images.json');
  // A name that leads elsewhere is none of ours.
  const evil = { ...evaluation(20), examples: [{ ...evaluation(20).examples[0], file: '../../env.json' }] };
  for (const text of ['{', '{}', JSON.stringify(evil)]) {
    writeFileSync(json, text);
    expect(readValidationImages(folder, 20)).toBeNull();
  }
});
