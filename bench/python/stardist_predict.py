"""StarDist on a folder of images, as its example of prediction does it: read, normalize by percentiles, predict, write labels.

    stardist_predict.py IMAGES COUNTS.json OUT

The published weights cannot be had without the network, so that the network is of random weights, in the configuration of the
published model for fluorescence (32 rays, a grid of 2 x 2 px). What it answers is replaced by as many disks as COUNTS.json
(`{"file name": nuclei}`) says, so that suppression and drawing have what they have with real nuclei.
"""

import json
import os
import sys

import numpy as np
from csbdeep.utils import normalize
from PIL import Image
from stardist.models import Config2D, StarDist2D
from tifffile import imwrite

folder, counts_file, out = sys.argv[1:]
# px; nuclei of the challenge have about this radius, see the sizes of models/nucleate-small.
RADIUS = 9

config = Config2D(n_rays=32, grid=(2, 2), n_channel_in=1)
model = StarDist2D(config, name=None, basedir=None)
os.makedirs(out, exist_ok=True)


def disks(shape, count):
    """Probabilities and distances of `count` disks in rows, on the grid of the network's answer."""
    height, width = (side // 2 for side in shape)
    columns = max(1, int(np.ceil(np.sqrt(count * width / height))))
    rows = max(1, int(np.ceil(count / columns)))
    y, x = np.mgrid[0:height, 0:width] * 2.0
    row = np.minimum(y // (2 * height / rows), rows - 1)
    column = np.minimum(x // (2 * width / columns), columns - 1)
    from_y = y - (row + 0.5) * 2 * height / rows
    from_x = x - (column + 0.5) * 2 * width / columns
    squared = from_x**2 + from_y**2
    inside = (squared < RADIUS**2) & (row * columns + column < count)
    prob = np.where(inside, 1 - np.sqrt(squared) / RADIUS, 0).astype(np.float32)
    angles = np.arange(32) * 2 * np.pi / 32
    along = from_y[..., None] * np.sin(angles) + from_x[..., None] * np.cos(angles)
    dist = np.sqrt(np.maximum(0, RADIUS**2 - squared[..., None] + along**2)) - along
    return prob, np.where(inside[..., None], dist, 1e-3).astype(np.float32)


with open(counts_file) as file:
    counts = json.load(file)
for name in sorted(os.listdir(folder)):
    image = normalize(np.asarray(Image.open(os.path.join(folder, name)).convert("L")), 1, 99.8)
    model.predict(image)
    prob, dist = disks(image.shape, counts[name])
    # 0.479071 and 0.3 are the thresholds that are published with the weights.
    labels, _ = model._instances_from_prediction(image.shape, prob, dist, prob_thresh=0.479071, nms_thresh=0.3)
    imwrite(os.path.join(out, f"{os.path.splitext(name)[0]}.tif"), labels.astype(np.uint16), compression="zlib")
    found = int(labels.max())
    if abs(found - counts[name]) > 0.2 * counts[name] + 2:
        sys.exit(f"{name}: {found} disks instead of {counts[name]}")
