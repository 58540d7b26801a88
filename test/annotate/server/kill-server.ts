import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'vitest';
import { acceptedLabels } from '../../../src/annotate/protocol/accepted.js';
import { readLog, replay } from '../../../src/annotate/protocol/log.js';
import { readLabelImage } from '../../../src/data/image/label-io.js';
import { randomFor } from '../../../src/random.js';
import { event, writeImages } from './laboratory.js';
import { randomEdit, Witness } from './random-edits.js';
import type { useServers } from './server-process.js';

/** Kills a server again and again while somebody edits, and looks at the disk each time. */
export async function killServer(
  serve: ReturnType<typeof useServers>,
  { kills, seed }: { readonly kills: number; readonly seed: number },
): Promise<void> {
  const folder = await writeImages(['a.png']);
  const stem = path.join(folder, 'annotations/ann/a.png');
  const random = randomFor(seed, 'kills');
  const witness = new Witness();
  let unheardAndKept = 0;
  for (let kill = 0; kill < kills; kill++) {
    const server = await serve(folder);
    // An edit of which nothing was heard is sent again, and done once.
    if (witness.unheard) {
      const before = readLog(existsSync(`${stem}.jsonl`) ? readFileSync(`${stem}.jsonl`) : Buffer.of()).events
        .length;
      if (before > witness.confirmed.length) unheardAndKept++;
      const draft = witness.unheard;
      const { status, value } = await server.client.ask('/api/images/0/events', draft);
      expect(status).toBe(200);
      witness.confirm(draft, value);
      witness.expectLog(`${stem}.jsonl`);
    }
    let isKilled = false;
    const killing = wait(random.uniform() * 25).then(() => {
      isKilled = true;
      return server.kill();
    });
    while (!isKilled) {
      const draft = randomEdit(witness.state, random);
      witness.unheard = draft;
      const answer = await server.client.ask('/api/images/0/events', draft).catch(() => undefined);
      if (!answer) break;
      expect(answer.status, JSON.stringify(answer.value)).toBe(200);
      witness.confirm(draft, answer.value);
    }
    await killing;
    witness.expectLog(`${stem}.jsonl`);
  }
  expect(witness.confirmed.length).toBeGreaterThan(kills / 2);

  const server = await serve(folder);
  if (witness.unheard) {
    const draft = witness.unheard;
    witness.confirm(draft, (await server.client.ask('/api/images/0/events', draft)).value);
  }
  const region = { x: 0, y: 0, width: 40, height: 30 };
  const review = event('review', witness.state.seq, { region });
  expect((await server.client.ask('/api/images/0/events', review)).status).toBe(200);
  const isSnapshot = () =>
    existsSync(`${stem}.json`) &&
    (JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as { seq: number }).seq === witness.state.seq + 1;
  for (let tries = 0; tries < 100 && !isSnapshot(); tries++) await wait(50);
  const state = replay(readLog(readFileSync(`${stem}.jsonl`)).events, region);
  const snapshot = JSON.parse(readFileSync(`${stem}.json`, 'utf8')) as object;
  expect(snapshot).toMatchObject({ seq: state.seq, hash: state.hash, reviewed: [region] });
  const { labels } = await readLabelImage(`${stem}.tif`, 'snapshot', { labelImages: 'numbers' });
  expect([...labels]).toEqual([...acceptedLabels(state)]);
  // Not a promise of the server, but of this test: it is about edits in flight, too.
  expect({ kills, unheardAndKept }).toEqual({ kills, unheardAndKept: expect.any(Number) as number });
}
