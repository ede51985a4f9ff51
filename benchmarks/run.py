"""Every comparison of the course with other libraries, in one go: ``make bench``.

Prints one line for each figure, and writes benchmarks/results.json, from which the page "How fast,
how accurate" is made. It takes some minutes; a machine with nothing else to do gives the best
figures.
``python benchmarks/run.py least_squares`` runs one part and writes nothing.
"""

import os

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import datetime
import json
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path

import constrained
import hessians
import jacobians
import least_squares
import minimization
from measure import machine

PACKAGES = ["numpy", "numdifftools", "scipy", "autograd", "jax", "cvxpy", "statsmodels"]
RESULTS = Path(__file__).with_name("results.json")


def main(only=None):
    warnings.simplefilter("ignore")
    begun, load = time.perf_counter(), [os.getloadavg()[0]]
    tables, found = {}, []
    for module in (minimization, constrained, least_squares, hessians, jacobians):
        if only and only != module.__name__:
            continue
        for figure in module.figures(tables):
            print(figure.line(), flush=True)
            found.append(figure)
    print(f"{len(found)} figures in {time.perf_counter() - begun:.0f} s")
    if only:
        return
    results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine() | {"load before and after": [*load, os.getloadavg()[0]]},
        "versions": {package: version(package) for package in PACKAGES},
        "figures": [figure.as_record() for figure in found],
        **tables,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False, default=lambda number: number.item())
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
