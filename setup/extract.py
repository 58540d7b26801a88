"""Extracts the native libraries and C headers of a wheel, without its Python parts.

Usage: extract.py WHEEL FOLDER PATTERN...   (patterns as in fnmatch; * also matches /)

Prints one JSON list of {"path", "size", "sha256"}. zipfile checks each member's CRC; every file is synced, so that
a folder renamed into place afterwards is whole even after a power cut. Standard library only.
"""

import fnmatch
import hashlib
import json
import os
import sys
import zipfile


def extract(archive, member, folder):
    target = os.path.join(folder, member.filename)
    if os.path.isabs(member.filename) or ".." in member.filename.split("/"):
        sys.exit(f"{member.filename} would leave the folder")
    os.makedirs(os.path.dirname(target), exist_ok=True)
    digest = hashlib.sha256()
    with archive.open(member) as source, open(target, "xb") as sink:
        while block := source.read(1 << 20):
            digest.update(block)
            sink.write(block)
        sink.flush()
        os.fsync(sink.fileno())
    # Keeps the programs of the CUDA compiler wheel executable.
    os.chmod(target, (member.external_attr >> 16) & 0o777 or 0o644)
    return {"path": member.filename, "size": member.file_size, "sha256": digest.hexdigest()}


def main(wheel, folder, *patterns):
    with zipfile.ZipFile(wheel) as archive:
        members = [
            member
            for member in archive.infolist()
            if not member.is_dir() and any(fnmatch.fnmatchcase(member.filename, pattern) for pattern in patterns)
        ]
        print(json.dumps([extract(archive, member, folder) for member in members]))


main(*sys.argv[1:])
