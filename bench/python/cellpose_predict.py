"""Cellpose's network of before SAM (random weights) on a folder of images, with what its `eval` does before and after it.

    cellpose_predict.py IMAGES COUNTS.json OUT

In the configuration of the published model for nuclei, whose weights cannot be had without the network. The flows and
probabilities that it answers are replaced by those of as many disks as COUNTS.json says; the diameter is given, so that no
second network looks for it.
"""

import numpy as np
import torch
from cellpose.models import CellposeModel
from disks import RADIUS, disks
from label_files import predict_folder

torch.manual_seed(1)
# px; the diameter that the published model was trained on.
model = CellposeModel(gpu=False, pretrained_model=False, diam_mean=17.0)
run_network = model._run_net


def predict(image, count):
    def answer(x, **options):
        _, _, styles = run_network(x, **options)
        from_y, from_x, inside = disks(image.shape, count)
        length = np.maximum(np.sqrt(from_y**2 + from_x**2), 1e-6)
        # Flows have a length of 5 where the probability, a logit, is above 0.
        flows = np.where(inside, -5 * np.stack([from_y, from_x]) / length, 0).astype(np.float32)
        return flows[:, None], np.where(inside, 5, -5).astype(np.float32)[None], styles

    model._run_net = answer
    labels, _, _ = model.eval(image, channels=[0, 0], diameter=2 * RADIUS)
    return labels


predict_folder("L", predict)
