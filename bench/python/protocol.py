"""The other side of bench/contender.ts: runs a step on request and prints its times in ms."""

import json
import sys
import time

WARM_UP_STEPS = 2


def serve(make_step, version):
    workload = json.loads(sys.argv[1])
    begin = time.perf_counter()
    step = make_step(workload)
    prepare = time.perf_counter() - begin

    def timed():
        start, busy = time.perf_counter(), time.process_time()
        step()
        return {"wall": (time.perf_counter() - start) * 1000, "cpu": (time.process_time() - busy) * 1000}

    for _ in range(WARM_UP_STEPS):
        timed()
    print(json.dumps({"prepareSeconds": prepare, "version": version, "device": "cpu"}), flush=True)
    for _ in sys.stdin:
        print(json.dumps(timed()), flush=True)
