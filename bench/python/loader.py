"""A straightforward loader with Pillow and NumPy: the work of src/data/loader with its default augmentation.

    python bench/python/loader.py FOLDER detection|segmentation SECONDS WORKERS

FOLDER holds X.png with X_masks.png. Images are decoded once, before the clock starts. Prints one JSON object.
"""

import json
import math
import sys
import time
from glob import glob
from multiprocessing import Pool

import numpy as np
from PIL import Image, ImageFilter

BATCH, SIZE, MAX_BOXES = 4, 256, 400
CROPS, CROP_SIZE = 32, 64
EXAMPLES = []


def load(folder):
    for masks in sorted(glob(f"{folder}/*_masks.png")):
        image = Image.open(masks.replace("_masks.png", ".png"))
        image.load()
        labels = np.array(Image.open(masks)).astype(np.int32)
        boxes = {}
        for label in np.unique(labels)[1:]:
            ys, xs = np.nonzero(labels == label)
            boxes[int(label)] = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1, len(xs))
        EXAMPLES.append((image, labels, Image.fromarray(labels), boxes))


def linear_map(random, scale):
    turn = random.integers(8)
    angle = np.radians(random.uniform(-15, 15)) if random.random() < 0.5 else 0.0
    cosine, sine = math.cos(angle) / scale, math.sin(angle) / scale
    quarter = np.linalg.matrix_power(np.array([[0, 1], [-1, 0]]), int(turn % 4))
    mirror = np.diag([-1 if turn >= 4 else 1, 1])
    return np.array([[cosine, sine], [-sine, cosine]]) @ mirror @ quarter


def elastic_field(random, size):
    grid = (random.normal(size=(2, 7, 7)) * 0.02 * size).clip(-0.11 * size, 0.11 * size).astype(np.float32)
    return [
        np.array(Image.fromarray(plane).resize((size * 7 // 4, size * 7 // 4), Image.BICUBIC))[:size, :size]
        for plane in grid
    ]


def resample(random, image, labels, label_image, matrix, source, target, size):
    (xx, xy), (yx, yy) = matrix
    if random.random() >= 0.3:
        x0 = source[0] - xx * target[0] - xy * target[1]
        y0 = source[1] - yx * target[0] - yy * target[1]
        affine = (xx, xy, x0, yx, yy, y0)
        fill = tuple(int(value) for value in np.median(np.asarray(image)[::8, ::8].reshape(-1, len(image.getbands())), axis=0))
        pixels = image.transform((size, size), Image.AFFINE, affine, Image.BILINEAR, fillcolor=fill)
        found = label_image.transform((size, size), Image.AFFINE, affine, Image.NEAREST, fillcolor=0)
        return np.asarray(pixels, np.float32) / 255, np.array(found)
    dx, dy = elastic_field(random, size)
    vs, us = np.mgrid[0:size, 0:size].astype(np.float32) + 0.5
    du, dv = us - target[0] + dx, vs - target[1] + dy
    x, y = source[0] + xx * du + xy * dv, source[1] + yx * du + yy * dv
    values = np.asarray(image, np.float32) / 255
    height, width = labels.shape
    inside = (x >= 0) & (y >= 0) & (x < width) & (y < height)
    found = np.where(inside, labels[y.clip(0, height - 1).astype(int), x.clip(0, width - 1).astype(int)], 0)
    px, py = (x - 0.5).clip(0, width - 1.001), (y - 0.5).clip(0, height - 1.001)
    x0, y0 = px.astype(int), py.astype(int)
    fx, fy = px - x0, py - y0
    if values.ndim == 3:
        fx, fy, inside = fx[..., None], fy[..., None], inside[..., None]
    top = values[y0, x0] * (1 - fx) + values[y0, np.minimum(x0 + 1, width - 1)] * fx
    below = np.minimum(y0 + 1, height - 1)
    bottom = values[below, x0] * (1 - fx) + values[below, np.minimum(x0 + 1, width - 1)] * fx
    return np.where(inside, top * (1 - fy) + bottom * fy, np.median(values)), found


def appearance(random, pixels):
    if pixels.ndim == 3 and random.random() < 0.5:
        hue, saturation = np.radians(random.uniform(-20, 20)), 1 + random.uniform(-0.3, 0.3)
        own = (1 + 2 * np.cos(hue)) / 3
        after = (1 - np.cos(hue) - np.sqrt(3) * np.sin(hue)) / 3
        a, b, c = (saturation * w + (1 - saturation) / 3 for w in (own, after, 1 - own - after))
        mix = np.array([[a, c, b], [b, a, c], [c, b, a]], np.float32)
        pixels = (pixels @ mix + random.uniform(-0.06, 0.06, 3).astype(np.float32)).clip(0, 1)
    if pixels.ndim == 3 and random.random() < 0.25:
        pixels = pixels @ np.array([0.299, 0.587, 0.114], np.float32)
    if random.random() < 0.2:
        pixels = 1 - pixels
    if random.random() < 0.4:
        pixels = pixels ** np.float32(1.5 ** random.uniform(-1, 1))
    if random.random() < 0.4:
        mean = pixels.mean()
        factor = np.float32(1.6 ** random.uniform(-1, 1))
        pixels = (mean + factor * (pixels - mean) + np.float32(random.uniform(-0.1, 0.1))).clip(0, 1)
    if random.random() < 0.2:
        image = Image.fromarray((pixels * 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(random.uniform(0.2, 1.5)))
        pixels = np.asarray(image, np.float32) / 255
    if random.random() < 0.2:
        noise = random.standard_normal(pixels.shape, np.float32) * np.float32(random.uniform(0, 0.03))
        pixels = (pixels + noise).clip(0, 1)
    if pixels.ndim == 2:
        pixels = np.repeat(pixels[..., None], 3, axis=2)
    return pixels * 2 - 1


def detection_batch(index):
    random = np.random.default_rng([1, index])
    images = np.zeros((BATCH, SIZE, SIZE, 3), np.float32)
    boxes_out = np.zeros((BATCH, MAX_BOXES, 4), np.float32)
    valid = np.zeros((BATCH, MAX_BOXES), np.uint8)
    ignore = np.zeros((BATCH, SIZE, SIZE), np.uint8)
    for row in range(BATCH):
        image, labels, label_image, boxes = EXAMPLES[random.integers(len(EXAMPLES))]
        matrix = linear_map(random, 0.5 * 4 ** random.random())
        x1, y1, x2, y2, _ = boxes[list(boxes)[random.integers(len(boxes))]]
        source, target = ((x1 + x2) / 2, (y1 + y2) / 2), random.integers(SIZE, size=2) + 0.5
        pixels, found = resample(random, image, labels, label_image, matrix, source, target, SIZE)
        factor = 1 / abs(np.linalg.det(matrix))
        count = 0
        for label in np.unique(found):
            if label == 0:
                continue
            mask = found == label
            ys, xs = np.nonzero(mask)
            at_edge = xs.min() == 0 or ys.min() == 0 or xs.max() == SIZE - 1 or ys.max() == SIZE - 1
            if len(xs) < 8 or (at_edge and len(xs) < 0.25 * boxes[int(label)][4] * factor):
                ignore[row][mask] = 1
                continue
            boxes_out[row, count] = (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1)
            valid[row, count] = 1
            count += 1
        images[row] = appearance(random, pixels)
    return images, boxes_out, valid, ignore


def segmentation_batch(index):
    random = np.random.default_rng([2, index])
    images = np.zeros((CROPS, CROP_SIZE, CROP_SIZE, 3), np.float32)
    masks = np.zeros((CROPS, CROP_SIZE, CROP_SIZE), np.uint8)
    neighbours = np.zeros_like(masks)
    for row in range(CROPS):
        image, labels, label_image, boxes = EXAMPLES[random.integers(len(EXAMPLES))]
        label = list(boxes)[random.integers(len(boxes))]
        x1, y1, x2, y2 = (
            side + random.uniform(-0.1, 0.1) * length
            for side, length in zip(boxes[label][:4], 2 * (boxes[label][2] - boxes[label][0], boxes[label][3] - boxes[label][1]))
        )
        longer = max(x2 - x1, y2 - y1)
        scale = CROP_SIZE / (longer + 2 * max(0.25 * longer, 4))
        middle = (CROP_SIZE / 2, CROP_SIZE / 2)
        source = ((x1 + x2) / 2, (y1 + y2) / 2)
        pixels, found = resample(random, image, labels, label_image, linear_map(random, scale), source, middle, CROP_SIZE)
        masks[row] = found == label
        neighbours[row] = (found != 0) & (found != label)
        images[row] = appearance(random, pixels)
    return images, masks, neighbours


def main():
    folder, task, seconds, workers = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
    load(folder)
    make = {"detection": detection_batch, "segmentation": segmentation_batch}[task]
    with Pool(workers) as pool:
        made = pool.imap(make, range(100_000))
        for _ in range(2 * workers):
            next(made)
        start, count = time.perf_counter(), 0
        while time.perf_counter() - start < seconds:
            next(made)
            count += 1
        elapsed = time.perf_counter() - start
        pool.terminate()
    print(json.dumps({"batches": count, "seconds": elapsed, "numpy": np.__version__}))


main()
