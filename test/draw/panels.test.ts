import { expect, test } from 'vitest';
import { panels } from '../../src/draw/panels.js';

test('puts grey and colour images next to each other', () => {
  const grey = { width: 1, height: 2, channels: 1, data: Uint8Array.of(10, 20) } as const;
  const colour = { width: 1, height: 2, channels: 3, data: Uint8Array.of(1, 2, 3, 4, 5, 6) } as const;
  expect(panels([grey, colour])).toEqual({
    width: 2,
    height: 2,
    channels: 3,
    data: Uint8Array.of(10, 10, 10, 1, 2, 3, 20, 20, 20, 4, 5, 6),
  });
});
