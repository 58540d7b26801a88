/** What all contenders compute in one comparison. */
export interface Workload {
  readonly task: 'train-step' | 'forward';
  /** The segmenters are those of configs/segmenter/default.yaml and paper.yaml. */
  readonly network: 'inception-resnet-v2' | 'vgg16' | 'segmenter' | 'segmenter-paper';
  /** Side of the square images in px. */
  readonly size: number;
  /** Images per step. */
  readonly batch: number;
  /** Normalization in training: by the statistics of the batch, or frozen. VGG16 and `segmenter-paper` have none. */
  readonly norm: 'batch' | 'frozen';
}

/** All comparisons, smallest first. */
export function workloadsOf(task: Workload['task'], norm: Workload['norm']): Workload[] {
  const detector = [
    [256, 1],
    [256, 4],
    [512, 1],
    [512, 4],
  ] as const;
  return [
    { task, network: 'vgg16', size: 96, batch: 32, norm },
    { task, network: 'segmenter', size: 64, batch: 32, norm },
    { task, network: 'segmenter-paper', size: 64, batch: 32, norm },
    ...detector.map(([size, batch]) => ({
      task,
      network: 'inception-resnet-v2' as const,
      size,
      batch,
      norm,
    })),
  ];
}
