import { expect, test } from 'vitest';
import { loadConfigFor } from '../../src/config/load.js';

test('a command refuses the config of another task, and says where it names it', () => {
  expect(() => loadConfigFor('detector', 'configs/quickstart.yaml')).toThrow(
    expect.objectContaining({
      exitCode: 2,
      problems: [
        expect.objectContaining({
          what: 'Expected `task` to be "detector", received "quickstart".',
          where: expect.stringMatching(/^configs\/quickstart\.yaml:\d+:\d+$/u) as string,
        }),
      ],
    }),
  );
});
