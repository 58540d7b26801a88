"""Turns the challenge's zip into label images and three degraded copies, for bench/score.ts and the recorded checks.

    python bench/make-score-data.py stage1_train.zip OUT

OUT/truth/X.png           16-bit labels 1..n in the name order of the masks; where two overlap, the first keeps the pixels
OUT/shifted/X.png         every label two pixels to the right
OUT/eroded/X.png          every label without its outermost pixels (4 neighbours; outside the image is background)
OUT/merged/X.png          labels 1 and 2 become 1, 3 and 4 become 3, ...

Needs numpy and Pillow.
"""
import io
import sys
import zipfile
from collections import defaultdict
from pathlib import Path

import numpy as np
from PIL import Image


def shift(labels):
    moved = np.zeros_like(labels)
    moved[:, 2:] = labels[:, :-2]
    return moved


def erode(labels):
    padded = np.pad(labels, 1)
    inner = labels.copy()
    for neighbour in (padded[:-2, 1:-1], padded[2:, 1:-1], padded[1:-1, :-2], padded[1:-1, 2:]):
        inner[neighbour != labels] = 0
    return inner


def merge(labels):
    return np.where(labels > 0, labels - (labels + 1) % 2, 0).astype(labels.dtype)


def main(zip_path, out):
    masks = defaultdict(list)
    with zipfile.ZipFile(zip_path) as archive:
        for name in archive.namelist():
            parts = name.split('/')
            if len(parts) >= 3 and parts[-2] == 'masks' and name.endswith('.png'):
                masks[parts[-3]].append(name)
        for folder in ('truth', 'shifted', 'eroded', 'merged'):
            (Path(out) / folder).mkdir(parents=True, exist_ok=True)
        for image_id in sorted(masks):
            labels = None
            for number, name in enumerate(sorted(masks[image_id]), start=1):
                mask = np.asarray(Image.open(io.BytesIO(archive.read(name))).convert('L')) > 0
                if labels is None:
                    labels = np.zeros(mask.shape, np.uint16)
                labels[mask & (labels == 0)] = number
            # A mask wholly under earlier ones leaves a gap; labels are 1..n.
            labels = np.unique(labels, return_inverse=True)[1].reshape(labels.shape).astype(np.uint16)
            for folder, copy in (
                ('truth', labels),
                ('shifted', shift(labels)),
                ('eroded', erode(labels)),
                ('merged', merge(labels)),
            ):
                Image.fromarray(copy).save(Path(out) / folder / f'{image_id}.png', compress_level=1)
    print(len(masks), 'images')


if __name__ == '__main__':
    main(*sys.argv[1:])
