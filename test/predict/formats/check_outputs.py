"""Reads what nucleate has written with the programs that its users have: python check_outputs.py FOLDER

FOLDER holds the outputs of all formats, and `expected.json`: for each image its name, size, scores, and the files of
its labels (int32, row by row) and of the image itself; without that its label image is all there is. Exits with a traceback at the first difference.
"""

import contextlib
import csv
import io
import json
import sys
from pathlib import Path

import numpy as np
import roifile
import shapely
import tifffile
from pycocotools.coco import COCO
from skimage.draw import polygon2mask
from skimage.io import imread
from skimage.measure import regionprops


def inside(ring, shape):
    """Pixels whose centres lie within a ring of corners x, y; scikit-image puts the centres at whole numbers."""
    return polygon2mask(shape, np.asarray(ring, float)[:, ::-1] - 0.5)


def check_labels(folder, name, labels):
    png, tif = folder / f"labels/{name}.png", folder / f"labels/{name}.tif"
    found = imread(png) if png.exists() else tifffile.imread(tif)
    assert found.dtype == (np.uint16 if png.exists() else np.uint32), found.dtype
    np.testing.assert_array_equal(found, labels)


def check_table(folder, name, labels, image, scores):
    rows = list(csv.DictReader(open(folder / f"table/{name}.csv", newline="")))
    props = regionprops(labels, intensity_image=image)
    assert [int(row["id"]) for row in rows] == [prop.label for prop in props]
    for row, prop, score in zip(rows, props, scores):
        y1, x1, y2, x2 = prop.bbox
        assert [int(row[key]) for key in ("x1", "y1", "x2", "y2", "area")] == [x1, y1, x2, y2, prop.area]
        means = np.atleast_1d(prop.intensity_mean)
        keys = ["centroid_y", "centroid_x", "perimeter", "eccentricity", "score", "mean_intensity"]
        values = [*prop.centroid, prop.perimeter, prop.eccentricity, score, means.mean()]
        if means.size == 3:
            keys += ["mean_red", "mean_green", "mean_blue"]
            values += list(means)
        np.testing.assert_allclose([float(row[key]) for key in keys], values, rtol=1e-6, atol=1e-6)


def check_run_lengths(folder, name, labels):
    rows = list(csv.DictReader(open(folder / f"run-length/{name}.csv", newline="")))
    assert {row["ImageId"] for row in rows} == {name}
    found = np.zeros(labels.size, int)
    texts = [row["EncodedPixels"] for row in rows if row["EncodedPixels"]]
    for label, text in enumerate(texts, 1):
        starts, lengths = np.array(text.split(), int).reshape(-1, 2).T
        for start, length in zip(starts, lengths):
            assert (found[start - 1 : start - 1 + length] == 0).all()
            found[start - 1 : start - 1 + length] = label
    np.testing.assert_array_equal(found.reshape(labels.shape[::-1]).T, labels)


def check_coco(file, labels, scores):
    with contextlib.redirect_stdout(io.StringIO()):
        coco = COCO(str(file))
    annotations = coco.loadAnns(coco.getAnnIds())
    assert len(annotations) == len(scores)
    for label, (annotation, score) in enumerate(zip(annotations, scores), 1):
        mask = labels == label
        np.testing.assert_array_equal(coco.annToMask(annotation), mask)
        rows, columns = np.where(mask)
        x, y = columns.min(), rows.min()
        assert annotation["bbox"] == [x, y, columns.max() + 1 - x, rows.max() + 1 - y]
        assert annotation["area"] == mask.sum()
        np.testing.assert_allclose(annotation["score"], score, rtol=1e-6)


def check_geojson(folder, name, labels):
    features = json.load(open(folder / f"geojson/{name}.geojson"))["features"]
    assert len(features) == labels.max()
    for label, feature in enumerate(features, 1):
        geometry = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert geometry.is_valid, shapely.is_valid_reason(geometry)
        assert geometry.area == (labels == label).sum()
        mask = np.zeros(labels.shape, bool)
        for part in getattr(geometry, "geoms", [geometry]):
            assert part.exterior.is_ccw and not any(hole.is_ccw for hole in part.interiors)
            filled = inside(part.exterior.coords, labels.shape)
            for hole in part.interiors:
                filled &= ~inside(hole.coords, labels.shape)
            assert not (mask & filled).any()
            mask |= filled
        np.testing.assert_array_equal(mask, labels == label)


def check_rois(folder, name, labels):
    rois = roifile.roiread(folder / f"imagej/{name}.zip") if labels.any() else []
    assert [int(roi.name) for roi in rois] == list(range(1, labels.max() + 1))
    for label, roi in enumerate(rois, 1):
        rows, columns = np.where(labels == label)
        box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
        assert [roi.left, roi.top, roi.right, roi.bottom] == box
        mask = np.zeros(labels.shape, bool)
        rings = roi.coordinates(multi=True)
        for ring in rings if isinstance(rings, list) else [rings]:
            mask ^= inside(ring, labels.shape)
        np.testing.assert_array_equal(mask, labels == label)


def main(folder):
    expected = json.load(open(folder / "expected.json"))
    for image in expected:
        name, scores = image["name"], image["scores"]
        shape = (image["height"], image["width"])
        labels = np.fromfile(folder / image["labels"], "<i4").reshape(shape)
        check_labels(folder, name, labels)
        if "image" not in image:
            continue
        check_table(folder, name, labels, imread(folder / image["image"]), scores)
        check_run_lengths(folder, name, labels)
        check_coco(folder / f"coco/{name}.json", labels, scores)
        check_coco(folder / f"coco-polygons/{name}.json", labels, scores)
        check_geojson(folder, name, labels)
        check_rois(folder, name, labels)
        for style in ("overlay", "outlines"):
            drawing = imread(folder / f"{style}/{name}.png")
            assert drawing.dtype == np.uint8 and drawing.ndim == 3 and drawing.shape[2] == 3
    print(f"{len(expected)} images, {sum(len(image['scores']) for image in expected)} nuclei, 9 formats")


main(Path(sys.argv[1]))
