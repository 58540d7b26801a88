"""StarDist on a folder of images, as its example of prediction does it: read, normalize by percentiles, predict, write labels.

    stardist_predict.py IMAGES COUNTS.json OUT

The published weights cannot be had without the network, so that the network is of random weights, in the configuration of the
published model for fluorescence (32 rays, a grid of 2 x 2 px). What it answers is replaced by as many disks as COUNTS.json says.
"""

import numpy as np
from csbdeep.utils import normalize
from disks import RADIUS, disks
from label_files import predict_folder
from stardist.models import Config2D, StarDist2D

RAYS = 32
GRID = 2
model = StarDist2D(Config2D(n_rays=RAYS, grid=(GRID, GRID), n_channel_in=1), name=None, basedir=None)


def answer(shape, count):
    """Probabilities and distances to the edge of disks, on the grid of the network's answer."""
    from_y, from_x, inside = disks(shape, count, GRID)
    squared = from_x**2 + from_y**2
    prob = np.where(inside, 1 - np.sqrt(squared) / RADIUS, 0).astype(np.float32)
    angles = np.arange(RAYS) * 2 * np.pi / RAYS
    along = from_y[..., None] * np.sin(angles) + from_x[..., None] * np.cos(angles)
    dist = np.sqrt(np.maximum(0, RADIUS**2 - squared[..., None] + along**2)) - along
    return prob, np.where(inside[..., None], dist, 1e-3).astype(np.float32)


def predict(image, count):
    model.predict(normalize(image, 1, 99.8))
    prob, dist = answer(image.shape, count)
    # 0.479071 and 0.3 are the thresholds that are published with the weights.
    labels, _ = model._instances_from_prediction(image.shape, prob, dist, prob_thresh=0.479071, nms_thresh=0.3)
    return labels


predict_folder("L", predict)
