import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { beforeAll, expect, test, vi } from 'vitest';
import type { AnnotatedNucleus, AnnotationEvent } from '../../../src/annotate/protocol/event.js';
import type {
  ImageInfo,
  Queue,
  SegmentAnswer,
  TrainStatus,
} from '../../../src/annotate/protocol/messages.js';
import { readLog, replay } from '../../../src/annotate/protocol/log.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { startRuntime } from '../../../src/engine/runtime.js';
import { writeDiscs, writeSmallModel } from '../../finetune/small-finetune.js';
import { scratchFolder } from '../../run/scratch.js';
import { type Client, event, startServer, usualOptions } from './laboratory.js';

vi.setConfig({ testTimeout: 300_000 });

beforeAll(async () => {
  await startRuntime('cpu');
}, 120_000);

const whole = { x: 0, y: 0, width: 64, height: 64 };

/** Images of discs with their masks, and a server with an untrained model that finds something everywhere. */
async function begin(count: number, strategy: Queue['strategy'] = 'random') {
  const folder = await writeDiscs(path.join(scratchFolder(), 'images'), count);
  const model = await writeSmallModel(path.join(scratchFolder(), 'model'), { scoreThreshold: 0 });
  const options = { ...usualOptions(folder), strategy, model };
  return { folder, model, options, ...(await startServer(options)) };
}

const itemsOf = async (client: Client) => ((await client.ask('/api/queue')).value as Queue).items;

test('proposes where nothing is, names the model, and never on images that measure it', async () => {
  const { client, folder, service } = await begin(5);
  const items = await itemsOf(client);
  expect(items.filter(({ isControl }) => isControl)).toHaveLength(1);
  const { image, name } = items.find(({ isControl }) => !isControl)!;
  // The masks that the image came with are accepted, by hand, and not yet reviewed.
  const info = (await client.ask(`/api/images/${image}`)).value as ImageInfo;
  expect(info.objects.map(({ id, state, source }) => [id, state, source])).toEqual(
    [1, 2, 3, 4].map((id) => [id, 'accepted', 'manual']),
  );
  expect(info).toMatchObject({ seq: 1, reviewed: [], isControl: false });

  const ask = { uuid: randomUUID(), prev: 1, session: randomUUID() };
  const proposed = await client.ask(`/api/images/${image}/propose`, ask);
  expect(proposed.status).toBe(200);
  const { event: made } = proposed.value as { event?: AnnotationEvent };
  const log = path.join(folder, 'annotations/ann', `${name}.jsonl`);
  const { events } = readLog(readFileSync(log));
  if (!made) return expect.fail('Expected proposals');
  expect(events.at(-1)).toEqual(made);
  expect(made).toMatchObject({ op: 'propose', source: 'model', model: service.session.model!.hash });
  // It took no pixel of another nucleus.
  const [before, after] = [replay(events.slice(0, -1), whole), replay(events, whole)];
  before.labels.forEach((label, at) => {
    if (label > 0) expect(after.labels[at]).toBe(label);
  });
  for (const object of made.objects as AnnotatedNucleus[])
    expect(object).toMatchObject({ state: 'proposed', source: 'model' });
  // Twice is once.
  expect((await client.ask(`/api/images/${image}/propose`, ask)).value).toMatchObject({ seq: made.seq });
  expect(readLog(readFileSync(log)).events).toHaveLength(events.length);
  const stale = { ...ask, uuid: randomUUID(), prev: 0 };
  expect((await client.ask(`/api/images/${image}/propose`, stale)).status).toBe(412);

  const control = items.find(({ isControl }) => isControl)!;
  const refused = await client.ask(`/api/images/${control.image}/propose`, { ...ask, uuid: randomUUID() });
  expect(refused).toMatchObject({
    status: 409,
    value: { error: expect.stringMatching(/measures the model/u) as string },
  });
});

test('a box and a click give a mask within the image, and change nothing', async () => {
  const { client } = await begin(1);
  for (const request of [
    { box: { x1: 10, y1: 10, x2: 30, y2: 30 } },
    { box: { x1: 30, y1: 30, x2: 10, y2: 10 } },
    { box: { x1: -50, y1: -50, x2: 500, y2: 500 } },
    { box: { x1: 5, y1: 5, x2: 5, y2: 5 } },
    { point: { x: 20, y: 20 } },
    { point: { x: 63.9, y: 0 } },
    { point: { x: -5, y: 1000 } },
  ]) {
    const { status, value } = await client.ask('/api/images/0/segment', request);
    expect([status, request]).toEqual([200, request]);
    const { mask, score } = value as SegmentAnswer;
    if (!mask) continue;
    expect(mask.x >= 0 && mask.y >= 0 && mask.x + mask.width <= 64 && mask.y + mask.height <= 64).toBe(true);
    expect(
      [...new Set(mask.runs.filter((_, at) => at % 2 === 0))].every((value) => value === 0 || value === 1),
    ).toBe(true);
    expect(score).toBeGreaterThan(0);
    expect(score).toBeLessThanOrEqual(1);
  }
  for (const wrong of [
    {},
    { box: { x1: 1, y1: 1, x2: 2 } },
    { point: { x: null, y: 1 } },
    { box: { x1: 1e9, y1: 0, x2: 1e12, y2: 1 } },
  ])
    expect((await client.ask('/api/images/0/segment', wrong)).status).toBe(400);
  expect((await client.ask('/api/images/0')).value).toMatchObject({ seq: 1 });
});

test('the doubtful queue asks the model of each image that does not measure it, and another model anew', async () => {
  const { client, folder, options, service, close } = await begin(5, 'doubtful');
  const items = await itemsOf(client);
  expect(items.filter(({ chosen }) => chosen === 'doubtful').length).toBeGreaterThan(2);
  const planNow = () =>
    JSON.parse(readFileSync(path.join(folder, 'annotations/queue.json'), 'utf8')) as {
      items: { name: string; doubt?: number }[];
      doubtsOf: string;
      controls: string[];
    };
  const plan = planNow();
  for (const { name, doubt } of plan.items) expect(doubt === undefined).toBe(plan.controls.includes(name));
  expect(plan.doubtsOf).toBe(service.session.model!.hash);
  await close();
  // Doubts that no model has stay until another model is asked.
  const items99 = plan.items.map((item) => ({ ...item, doubt: item.doubt && 99 }));
  const openWith = async (doubtsOf: string, strategy: Queue['strategy']) => {
    writeFileSync(
      path.join(folder, 'annotations/queue.json'),
      JSON.stringify({ ...plan, doubtsOf, items: items99 }),
    );
    const server = await startServer({ ...options, strategy });
    await server.close();
    return planNow();
  };
  const kept = JSON.parse(JSON.stringify(items99)) as unknown;
  expect((await openWith(plan.doubtsOf, 'doubtful')).items).toEqual(kept);
  expect(await openWith('another', 'random')).toMatchObject({ doubtsOf: 'another', items: kept });
  expect(await openWith('another', 'doubtful')).toEqual(plan);
});

test('exports what is reviewed, and nothing before', async () => {
  const { client, folder } = await begin(4);
  expect((await client.ask('/api/export', { format: 'geojson' })).status).toBe(422);
  for (const image of [0, 1]) {
    await client.ask(`/api/images/${image}`);
    await client.ask(`/api/images/${image}/events`, event('review', 1, { region: whole }));
  }
  for (const format of ['geojson', 'imagej', 'labels', 'coco', 'cellpose']) {
    const { status, value } = await client.ask('/api/export', { format });
    expect([status, format]).toEqual([200, format]);
    expect(value).toMatchObject({ images: 2, nuclei: 8 });
    const { folder: written } = value as { folder: string };
    expect(path.relative(folder, written)).toBe(`annotations/ann.exports/${format}-1`);
    expect(existsSync(written)).toBe(true);
    // What Cellpose gets is a dataset of its own.
    if (format !== 'cellpose') continue;
    const dataset = await openDataset(written);
    expect([dataset.layout, dataset.images.length]).toEqual(['pairs', 2]);
    await dataset.close();
  }
  expect((await client.ask('/api/export', { format: '../x' })).status).toBe(409);
});

test('trains from the page: the new model answers, and the work is counted', async () => {
  const { client, folder, options, close } = await begin(6);
  expect(await client.ask('/api/train', { minutes: 0.1 })).toMatchObject({
    status: 409,
    value: { error: 'Nothing is reviewed yet.' },
  });
  const items = await itemsOf(client);
  for (const { image } of items) {
    await client.ask(`/api/images/${image}`);
    const review = event('review', 1, { region: whole, ms: 30_000, clicks: 2 });
    expect((await client.ask(`/api/images/${image}/events`, review)).status).toBe(200);
  }
  const before = ((await client.ask('/api/session')).value as { model: { hash: string } }).model.hash;
  expect((await client.ask('/api/train', { minutes: 0.1 })).status).toBe(200);
  expect((await client.ask('/api/train', { minutes: 0.1 })).value).toMatchObject({
    error: 'A training is running.',
  });
  const statusNow = async () => (await client.ask('/api/train')).value as TrainStatus;
  let status = await statusNow();
  const messages = new Set<string>();
  while (status.state === 'running') {
    messages.add(status.message);
    await wait(100);
    status = await statusNow();
  }
  expect(status, JSON.stringify(status)).toMatchObject({ state: 'done', progress: 1 });
  expect(messages.size).toBeGreaterThan(2);
  const [round] = status.rounds;
  expect(status.rounds).toHaveLength(1);
  expect(round).toMatchObject({ round: 1, images: 6, minutes: 3, clicks: 12, nuclei: 0 });
  // The image that measures the model was reviewed, too.
  expect([typeof round!.before, typeof round!.after]).toEqual(['number', 'number']);
  const after = ((await client.ask('/api/session')).value as { model: { hash: string } }).model.hash;
  expect(after).toBe(round!.model);
  // A few steps on random pixels may go either way.
  expect(round!.isTaken).toBe(round!.after! >= round!.before!);
  expect(after === before).toBe(!round!.isTaken);
  expect((await client.ask('/api/images/0/segment', { point: { x: 20, y: 20 } })).status).toBe(200);
  await close();
  // After the next start, too.
  const again = await startServer(options);
  expect(again.service.session.model!.hash).toBe(after);
  expect((await again.client.ask('/api/train')).value).toMatchObject({ rounds: [{ round: 1 }] });
  await again.close();
  // A round whose model was worse leaves the answer to the one before, here the model of another training.
  const models = path.join(folder, 'annotations/ann.models');
  const other = await writeSmallModel(path.join(models, '2/model'), { scoreThreshold: 0.5 });
  const worse = { ...round!, round: 2, before: 0.5, after: 0.25 };
  for (const isTaken of [false, true]) {
    writeFileSync(
      path.join(models, 'rounds.jsonl'),
      [round, { ...worse, isTaken }].map((line) => `${JSON.stringify(line)}\n`).join(''),
    );
    const third = await startServer(options);
    expect(third.service.session.model!.hash === after, other).toBe(!isTaken);
    await third.close();
  }
});

test('a training that is stopped leaves the model as it is', async () => {
  const { client } = await begin(4);
  for (const { image } of await itemsOf(client)) {
    await client.ask(`/api/images/${image}`);
    await client.ask(`/api/images/${image}/events`, event('review', 1, { region: whole }));
  }
  const { model } = (await client.ask('/api/session')).value as { model: object };
  await client.ask('/api/train', { minutes: 5 });
  await wait(300);
  expect((await client.ask('/api/train/stop', {})).status).toBe(200);
  let status = (await client.ask('/api/train')).value as TrainStatus;
  while (status.state === 'running') {
    await wait(100);
    status = (await client.ask('/api/train')).value;
  }
  expect(status).toMatchObject({ state: 'stopped', rounds: [] });
  expect((await client.ask('/api/session')).value).toMatchObject({ model });
});
