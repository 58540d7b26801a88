"""What the contenders of a prediction have in common: the images of a folder, and label images as results."""

import json
import os
import sys

import numpy as np
from PIL import Image
from tifffile import imwrite


def predict_folder(mode, predict):
    """Runs `predict(image, count)`, which answers a label image, on all images of a folder; `mode` as PIL names it.

    Arguments of the process: IMAGES COUNTS.json OUT; COUNTS.json has the nuclei of each image: `{"file name": nuclei}`.
    Ends with a message where the labels are not about as many.
    """
    folder, counts_file, out = sys.argv[1:]
    with open(counts_file) as file:
        counts = json.load(file)
    os.makedirs(out, exist_ok=True)
    for name in sorted(os.listdir(folder)):
        labels = predict(np.asarray(Image.open(os.path.join(folder, name)).convert(mode)), counts[name])
        imwrite(os.path.join(out, f"{os.path.splitext(name)[0]}.tif"), labels.astype(np.uint16), compression="zlib")
        found = len(np.unique(labels)) - 1
        if abs(found - counts[name]) > 0.2 * counts[name] + 2:
            sys.exit(f"{name}: {found} nuclei instead of {counts[name]}")
