import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { WriteBehind } from '../../../src/predict/outputs/write-behind.js';

test('one image is written while the next is seen, all in order, and no two wait', async () => {
  const writer = new WriteBehind();
  const told: string[] = [];
  const slow = (name: string) => async () => {
    told.push(`${name} begins`);
    await sleep(20);
    told.push(`${name} ends`);
  };
  await writer.begin(slow('first'));
  writer.after(slow('rest of the first'));
  told.push('the second is seen');
  await writer.begin(slow('second'));
  told.push('the third is seen');
  await writer.end();
  expect(told).toEqual([
    ...['first begins', 'the second is seen', 'first ends'],
    ...['rest of the first begins', 'rest of the first ends'],
    ...['second begins', 'the third is seen', 'second ends'],
  ]);
});

test('what failed is thrown by the next call and at the end, and nothing is written after it', async () => {
  const writer = new WriteBehind();
  let written = 0;
  const write = () => {
    written += 1;
    return Promise.resolve();
  };
  await writer.begin(() => Promise.reject(new Error('the disk is full')));
  writer.after(write);
  await sleep(5);
  await expect(writer.begin(write)).rejects.toThrow('the disk is full');
  await expect(writer.end()).rejects.toThrow('the disk is full');
  await writer.settle();
  expect(written).toBe(0);
});
