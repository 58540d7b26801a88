"""Runs a command and prints `{"wall", "cpu", "memory"}` of it and its children: seconds, seconds, MiB (the largest process)."""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
ended = subprocess.run(sys.argv[1:], stdout=sys.stderr)
wall = time.perf_counter() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
# Linux counts ru_maxrss in KiB.
print(json.dumps({"wall": wall, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}))
sys.exit(ended.returncode)
