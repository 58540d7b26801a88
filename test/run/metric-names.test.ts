import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { metricLabel, metricNamesText, readMetricNames } from '../../src/run/metric-names.js';
import { runFiles } from '../../src/run/run-folder.js';
import { detectorLossNames } from '../../src/models/detector/detector.js';
import { segmenterLossNames } from '../../src/models/segmenter/losses.js';
import { scratchFolder } from './scratch.js';

test('names are read as they were written', () => {
  const folder = scratchFolder();
  const names = { scoreName: 'dice', lossNames: ['body', 'border'], metricNames: ['dice', 'iou'] };
  writeFileSync(runFiles(folder).metricNames, metricNamesText(names));
  expect(readMetricNames(folder, 'detector')).toEqual(names);
});

test('a run from before the names were written has those of its task', () => {
  const folder = scratchFolder();
  const detector = readMetricNames(folder, 'detector');
  expect(detector.scoreName).toBe('box AP');
  expect(detector.lossNames).toEqual(detectorLossNames({ auxiliaryWeight: 1 }));
  const segmenter = readMetricNames(folder, 'segmenter');
  expect(segmenter.scoreName).toBe('mask score');
  expect(segmenter.lossNames).toEqual([...segmenterLossNames]);
  expect(readMetricNames(folder, null).scoreName).toBe('score');
  expect(readMetricNames(folder, 'constructor').scoreName).toBe('score');
  writeFileSync(runFiles(folder).metricNames, '{');
  expect(readMetricNames(folder, 'detector')).toEqual(detector);
});

test.each([
  ['score', 'mask score'],
  ['cluster-a/score', 'cluster-a/mask score'],
  ['meanIou', 'meanIou'],
  ['twoStage/score', 'two-stage score'],
  ['twoStage/cluster-a/score', 'cluster-a/two-stage score'],
])('the metric %s of a segmenter is shown as %s', (name, label) => {
  expect(metricLabel(name, 'mask score')).toBe(label);
});
