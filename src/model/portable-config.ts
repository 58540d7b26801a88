import path from 'node:path';
import type { DetectorConfig } from '../config/detector.js';
import type { SegmenterConfig } from '../config/segmenter.js';

/**
 * The config of a detector without paths of the machine that it was trained on: of a path that leads out of the working
 * folder only the last name is kept.
 */
export const portableDetector = (config: DetectorConfig): DetectorConfig => ({
  ...config,
  ...portableTraining(config),
});

/** The same of a segmenter. */
export const portableSegmenter = (config: SegmenterConfig): SegmenterConfig => ({
  ...config,
  ...portableTraining(config),
  boxes: { ...config.boxes, path: portablePath(config.boxes.path) },
  scoring: { ...config.scoring, detector: portablePath(config.scoring.detector) },
});

function portableTraining({ data, run }: Pick<DetectorConfig, 'data' | 'run'>) {
  return {
    data: {
      ...data,
      path: portablePath(data.path),
      more: data.more.map(portablePath),
      labels: portablePath(data.labels),
      split: portablePath(data.split),
    },
    run: { ...run, folder: portablePath(run.folder) },
  };
}

function portablePath(place: string): string {
  const leavesFolder = path.isAbsolute(place) || path.normalize(place).split(path.sep)[0] === '..';
  // The root has no name.
  return leavesFolder ? path.basename(place) || '.' : place;
}
