"""Reads a zip archive in the layout of the 2018 Data Science Bowl into memory, the way most notebooks do."""

import collections
import io
import json
import resource
import sys
import time
import zipfile

import numpy as np
from PIL import Image

start = time.perf_counter()
archive = zipfile.ZipFile(sys.argv[1])
files = collections.defaultdict(lambda: {"images": [], "masks": []})
for name in archive.namelist():
    parts = name.split("/")
    if name.endswith(".png") and parts[-2] in ("images", "masks"):
        files[parts[-3]][parts[-2]].append(name)


def decode(name):
    return Image.open(io.BytesIO(archive.read(name)))


examples = []
for image_id in sorted(files):
    image = np.asarray(decode(files[image_id]["images"][0]).convert("RGB"))
    labels = np.zeros(image.shape[:2], np.int32)
    for number, name in enumerate(sorted(files[image_id]["masks"]), 1):
        labels[(np.asarray(decode(name)) > 0) & (labels == 0)] = number
    examples.append((image_id, image, labels))

usage = resource.getrusage(resource.RUSAGE_SELF)
print(
    json.dumps(
        {
            "images": len(examples),
            "nuclei": int(sum(labels.max() for _, _, labels in examples)),
            "seconds": time.perf_counter() - start,
            "cpuSeconds": usage.ru_utime + usage.ru_stime,
            "peakMegabytes": usage.ru_maxrss / 1000,
        }
    )
)
