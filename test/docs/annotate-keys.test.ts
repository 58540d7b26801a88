import { expect, test } from 'vitest';
import { keyGroups } from '../../src/annotate-page/keys.js';
import { readDocument } from './documents.js';

test('docs/annotate-tutorial.md lists the keys of the page', () => {
  const rows = [
    ...readDocument('docs/annotate-tutorial.md').text.matchAll(
      /^\| *([\w ]*?) *\| (`.+?`) *\| (.+?) *\|$/gmu,
    ),
  ];
  const listed = rows.map(([, , keys, what]) => [keys!.match(/[^`]+(?=`(?:,|$))/gu), what]);
  expect(listed).toEqual(keyGroups.flatMap(({ keys }) => keys.map((info) => [[...info.keys], info.what])));
});
