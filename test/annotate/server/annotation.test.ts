import { appendFileSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLog, replay } from '../../../src/annotate/protocol/log.js';
import { ImageAnnotation } from '../../../src/annotate/server/annotation.js';
import { scratchFolder } from '../../run/scratch.js';
import { event, square, thrownBy } from './laboratory.js';

const image = { width: 20, height: 10, sha256: 'a'.repeat(64) };
const now = new Date('2026-11-29T12:00:00Z');

const begin = () => {
  const file = path.join(scratchFolder(), 'sub', 'a.png.jsonl');
  return { file, annotation: new ImageAnnotation(file, image) };
};

describe('an annotation', () => {
  test('keeps each event as a line of its log, and is the same when it is read again', () => {
    const { file, annotation } = begin();
    const first = annotation.submit(square(1, [0, 0, 3, 2], 0), { now });
    const second = annotation.submit(square(2, [5, 5, 2, 2], 1), { now });
    annotation.submit(event('review', 2, { region: { x: 0, y: 0, width: 20, height: 10 } }), { now });
    annotation.submit(event('undo', 3, { undoes: 3 }), { now });
    expect([first.kind, second.kind]).toEqual(['done', 'done']);
    const lines = readFileSync(file, 'utf8').split('\n');
    expect(lines).toHaveLength(5);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      ...{ v: 1, seq: 1, prev: 0, time: '2026-11-29T12:00:00.000Z', op: 'brush', source: 'manual' },
      ...{ image: 'a'.repeat(64), width: 20, height: 10, patch: { x: 0, y: 0, runs: [1, 6] } },
    });
    annotation.close();
    const again = new ImageAnnotation(file, image);
    expect(again.state.hash).toBe(annotation.state.hash);
    expect([...again.state.labels].filter((label) => label > 0)).toEqual([1, 1, 1, 1, 1, 1, 2, 2, 2, 2]);
    expect(again.state.redo.map(({ seq }) => seq)).toEqual([3]);
    expect(again.notices).toEqual([]);
  });

  test('makes no file before the first event', () => {
    const { file } = begin();
    expect(statSync(file, { throwIfNoEntry: false })).toBeUndefined();
  });

  test('does an event once, also after it was read again', () => {
    const { file, annotation } = begin();
    const draft = square(1, [0, 0, 3, 2], 0);
    const done = annotation.submit(draft, { now });
    annotation.submit(square(2, [5, 5, 2, 2], 1), { now });
    expect(annotation.submit(draft, { now })).toEqual(done);
    annotation.close();
    expect(new ImageAnnotation(file, image).submit(draft, { now })).toEqual(done);
    expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
  });

  test('gives what is missing to a tab that does not know it, and refuses one that knows too much', () => {
    const { annotation } = begin();
    annotation.submit(square(1, [0, 0, 3, 2], 0), { now });
    annotation.submit(square(2, [5, 5, 2, 2], 1), { now });
    const stale = annotation.submit(square(3, [9, 9, 1, 1], 1), { now });
    expect(stale).toMatchObject({ kind: 'stale', missing: [{ seq: 2, patch: { x: 5 } }] });
    expect(annotation.submit(square(3, [9, 9, 1, 1], 3), { now })).toEqual({
      kind: 'refused',
      why: 'There is no event 3 yet.',
    });
    expect(annotation.state.seq).toBe(2);
  });

  test('writes nothing of what it refuses', () => {
    const { file, annotation } = begin();
    annotation.submit(square(1, [0, 0, 3, 2], 0), { now });
    const before = readFileSync(file, 'utf8');
    const twice = annotation.submit(square(1, [19, 9, 3, 2], 1), { now });
    expect(twice).toMatchObject({
      kind: 'refused',
      why: expect.stringMatching(/not one of whole pixels/u) as string,
    });
    expect(readFileSync(file, 'utf8')).toBe(before);
  });

  test('leaves out a torn last line with a notice, and writes over it', () => {
    const { file, annotation } = begin();
    annotation.submit(square(1, [0, 0, 3, 2], 0), { now });
    annotation.close();
    appendFileSync(file, '{"v":1,"seq":2');
    const again = new ImageAnnotation(file, image);
    expect(again.state.seq).toBe(1);
    expect(again.notices).toEqual([expect.stringMatching(/not written to its end \(14 bytes\)/u)]);
    again.submit(square(2, [5, 5, 2, 2], 1), { now });
    again.close();
    const { events, length } = readLog(readFileSync(file));
    expect(events.map(({ seq }) => seq)).toEqual([1, 2]);
    expect(length).toBe(statSync(file).size);
    expect(replay(events, image).hash).toBe(again.state.hash);
  });

  test.each([
    ['that is no JSON', (lines: string[]) => [lines[0]!, '{', lines[1]!], /a\.png\.jsonl:2$/u, /not JSON/u],
    ['that is missing', (lines: string[]) => [lines[1]!], /:1$/u, /event 2 follows 1, where 1 was expected/u],
    [
      'that is there twice',
      (lines: string[]) => [lines[0]!, lines[0]!],
      /:2$/u,
      /event 1 follows 0, where 2/u,
    ],
    [
      'of another image',
      (lines: string[]) => [lines[0]!, lines[1]!.replace(/"a{64}"/u, `"${'b'.repeat(64)}"`)],
      /:2$/u,
      /of another image/u,
    ],
    [
      'that cannot be done',
      (lines: string[]) => [lines[0]!, lines[1]!.replace('"id":2', '"id":3')],
      /:2$/u,
      /label 2 of the patch has no object/u,
    ],
    ['of a newer format', (lines: string[]) => [lines[0]!.replace('"v":1', '"v":2')], /:1$/u, /no event: v/u],
  ])('refuses a log with a line %s, and changes nothing', (_, change, where, what) => {
    const { file, annotation } = begin();
    annotation.submit(square(1, [0, 0, 3, 2], 0), { now });
    annotation.submit(square(2, [5, 5, 2, 2], 1), { now });
    annotation.close();
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    const damaged = `${change(lines).join('\n')}\n`;
    writeFileSync(file, damaged);
    const error = thrownBy(() => new ImageAnnotation(file, image), 3);
    expect(error.where).toMatch(where);
    expect(error.message).toMatch(what);
    expect(readFileSync(file, 'utf8')).toBe(damaged);
  });

  test('writes through no link', () => {
    const folder = scratchFolder();
    const [file, target] = [path.join(folder, 'a.png.jsonl'), path.join(folder, 'elsewhere')];
    symlinkSync(target, file);
    const annotation = new ImageAnnotation(file, image);
    thrownBy(() => annotation.submit(square(1, [0, 0, 3, 2], 0), { now }), 8);
    expect(statSync(target, { throwIfNoEntry: false })).toBeUndefined();
    expect(annotation.state.seq).toBe(0);
  });

  test('does nothing where nothing can be written', () => {
    const folder = scratchFolder();
    // A file where the folder should be, as root may write everywhere.
    const annotation = new ImageAnnotation(path.join(folder, 'sub', 'a.jsonl'), image);
    writeFileSync(path.join(folder, 'sub'), '');
    thrownBy(() => annotation.submit(square(1, [0, 0, 3, 2], 0), { now }), 8);
    expect([annotation.state.seq, annotation.state.hash]).toEqual([0, '0'.repeat(16)]);
  });
});
