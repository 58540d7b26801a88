"""Disks in rows: what stands in for the nuclei that a network of random weights does not find, so that all that follows a
network has as much to do as with real ones."""

import numpy as np

# px; nuclei of the challenge have about this radius, see the sizes of models/nucleate-small.
RADIUS = 9


def centres(shape, count):
    """The centres of `count` disks in an image of `shape`, y and x in px: `(float[count], float[count])`."""
    columns, rows = _columns_and_rows(shape, count)
    k = np.arange(count)
    return (k // columns + 0.5) * shape[0] / rows, (k % columns + 0.5) * shape[1] / columns


def disks(shape, count, step=1):
    """For every `step`-th pixel how far it is from the centre of its disk, in px, and whether it is inside: y, x, inside."""
    y, x = np.mgrid[0 : shape[0] // step, 0 : shape[1] // step] * float(step)
    columns, rows = _columns_and_rows(shape, count)
    row = np.minimum(y * rows // shape[0], rows - 1)
    column = np.minimum(x * columns // shape[1], columns - 1)
    from_y = y - (row + 0.5) * shape[0] / rows
    from_x = x - (column + 0.5) * shape[1] / columns
    return from_y, from_x, (from_x**2 + from_y**2 < RADIUS**2) & (row * columns + column < count)


def _columns_and_rows(shape, count):
    columns = max(1, int(np.ceil(np.sqrt(count * shape[1] / shape[0]))))
    return columns, max(1, int(np.ceil(count / columns)))
