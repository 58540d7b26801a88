import type { SegmenterConfig } from '../../config/segmenter.js';
import { tf } from '../../tf.js';
import { pixelClasses } from './network.js';

/** N = crops, S = their side in px. */
export interface CropMaps {
  /** `[N, S, S]` bool: this nucleus. */
  readonly masks: tf.Tensor3D;
  /** `[N, S, S]` bool: another nucleus. */
  readonly neighbours: tf.Tensor3D;
  /** `[N, S, S]` bool: not reviewed by an expert. */
  readonly ignore: tf.Tensor3D;
}

export interface SegmenterTargets {
  /** `[N, S, S, C]` float32, C = {@link pixelClasses}: 1 at the class of each pixel. */
  readonly classes: tf.Tensor4D;
  /** `[N, S, S, 1]` float32: weight of each pixel in the loss, 0 where nobody has reviewed it. */
  readonly weights: tf.Tensor4D;
}

type TargetOptions = SegmenterConfig['target'];

/**
 * The target class of each pixel, and its weight.
 *
 * Body is this nucleus, neighbours are not. The border class is, by `border`: `gap`, pixels outside of this nucleus that
 * are near both it and a neighbour; `outline`, all pixels outside that are near it; `neighbours`, other nuclei. Near means
 * at most `borderWidth` px of the crop away along either axis.
 *
 * Pixels near this nucleus and a neighbour, both nuclei included, count `gapWeight` times: there masks merge.
 *
 * @returns The caller disposes both.
 *
 * Source: DSB2018 1st place, for the border between nuclei as a class (`selim/datasets/dsb_binary.py`); U-Net, arXiv
 * 1505.04597 equation 2, for the weight between cells. Its 1 to 3 px of the image by area are 1.3 to 2.3 px of a 64-px
 * crop, in which all nuclei but the smallest have about one size: so one width is enough.
 */
export function segmenterTargets(
  { masks, neighbours, ignore }: CropMaps,
  { border, borderWidth, gapWeight }: TargetOptions,
): SegmenterTargets {
  return tf.tidy(() => {
    const body = asMap(masks);
    const others = asMap(neighbours);
    const reviewed = tf.sub<tf.Tensor4D>(1, asMap(ignore));
    const outside = tf.sub(1, body);
    const rim = dilate(body, borderWidth);
    const gap = tf.mul(rim, dilate(others, borderWidth));
    const third = {
      gap: tf.mul<tf.Tensor4D>(gap, outside),
      outline: tf.mul<tf.Tensor4D>(rim, outside),
      neighbours: others,
    }[border];
    const maps = { background: tf.sub<tf.Tensor4D>(outside, third), body, border: third };
    return {
      classes: tf.concat<tf.Tensor4D>(
        pixelClasses.map((name) => maps[name]),
        3,
      ),
      weights: tf.mul<tf.Tensor4D>(reviewed, gap.mul(gapWeight - 1).add(1)),
    };
  });
}

const asMap = (map: tf.Tensor3D) => map.toFloat().reshape<tf.Tensor4D>([...map.shape, 1]);

/** The largest value within `by` px along both axes; one axis after the other gives the same and is faster. */
const dilate = (map: tf.Tensor4D, by: number): tf.Tensor4D =>
  tf.maxPool(tf.maxPool(map, [1, 2 * by + 1], 1, 'same'), [2 * by + 1, 1], 1, 'same');
