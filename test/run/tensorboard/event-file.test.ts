import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { crc32c } from '../../../src/run/tensorboard/crc32c.js';
import { imageEvent, restartEvent, scalarsEvent, versionEvent } from '../../../src/run/tensorboard/event.js';
import { EventFile } from '../../../src/run/tensorboard/event-file.js';
import { tfRecord } from '../../../src/run/tensorboard/record.js';
import { scratchFolder } from '../scratch.js';

/** 2 x 1 px, grey; as in fixtures/make_events.py. */
const png = Buffer.from(
  '89504e470d0a1a0a0000000d494844520000000200000001080000000037fc05ba' +
    '0000000b4944415478da6360f80f00010101001bb6ee560000000049454e44ae426082',
  'hex',
);
const at = (milliseconds: number, step: number) => ({ time: new Date(milliseconds), step });

// RFC 3720, appendix B.4.
test.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(255), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, i) => i), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, i) => 31 - i), 0x113fdb5c],
  ['nothing', new Uint8Array(0), 0],
])('the checksum of %s', (_, bytes, checksum) => {
  expect(crc32c(bytes)).toBe(checksum);
});

test("the bytes are the same as of TensorBoard's own writer", () => {
  const golden = readFileSync(new URL('../fixtures/events.golden', import.meta.url));
  const events = [
    versionEvent(new Date(1500)),
    restartEvent(at(1500, 301)),
    scalarsEvent(at(2250, 300), { 'loss/total': 0.25, rate: 0 }),
    scalarsEvent(at(1e12, 2 ** 40), { nan: Number.NaN }),
    imageEvent(at(3000, 0), 'example/ü', { height: 1, width: 2, channels: 1, png }),
  ];
  expect(Buffer.concat(events.map(tfRecord)).toString('hex')).toBe(golden.toString('hex'));
});

test('each process of a run has its own file; a resumed one marks its first step', () => {
  const folder = scratchFolder();
  const options = { now: new Date(1500), onTrouble: (sentence: string) => expect.fail(sentence) };
  const first = new EventFile(folder, { step: 0, ...options });
  first.scalars(1, new Date(2250), { loss: 0.5 });
  first.image(1, new Date(2250), 'example', { height: 1, width: 2, channels: 1, png });
  first.close();
  const second = new EventFile(folder, { step: 300, ...options });
  second.close();
  const files = readdirSync(folder).sort();
  expect(files).toEqual([
    expect.stringMatching(/^events\.out\.tfevents\.1\..+\.0$/u),
    expect.stringMatching(/^events\.out\.tfevents\.1\..+\.300$/u),
  ]);
  const records = [
    [
      versionEvent(new Date(1500)),
      scalarsEvent(at(2250, 1), { loss: 0.5 }),
      imageEvent(at(2250, 1), 'example', { height: 1, width: 2, channels: 1, png }),
    ],
    [versionEvent(new Date(1500)), restartEvent(at(1500, 301))],
  ];
  files.forEach((file, i) => {
    const bytes = readFileSync(path.join(folder, file));
    expect(bytes.toString('hex')).toBe(Buffer.concat(records[i]!.map(tfRecord)).toString('hex'));
  });
});
