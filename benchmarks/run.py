"""Every comparison of the course with other libraries, in one go: ``make bench``.

Prints one line for each bar, and writes benchmarks/results.json, from which the page "How fast, how
accurate" is made. It takes some minutes; a machine with nothing else to do gives the best figures.
``python benchmarks/run.py least_squares`` runs one part and writes nothing.
"""

import os

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ["JAX_PLATFORMS"] = "cpu"

import datetime
import json
import platform
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

PACKAGES = ["numpy", "numdifftools", "scipy", "autograd", "jax", "cvxpy", "statsmodels"]
RESULTS = Path(__file__).with_name("results.json")


def machine():
    """The processor, the system and Python."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0].split(":")[1].strip() if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads of linear algebra": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }


def main(only=None):
    warnings.simplefilter("ignore")
    begun = time.perf_counter()
    bars = []
    for module in (minimization, constrained, least_squares, hessians, jacobians):
        if only and only != module.__name__:
            continue
        for bar in module.bars():
            print(bar.line(), flush=True)
            bars.append(bar)
    asked = [bar for bar in bars if bar.sense]
    seconds = time.perf_counter() - begun
    print(f"{sum(bar.met for bar in asked)} of {len(asked)} bars met, in {seconds:.0f} s")
    if only:
        return
    results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine(),
        "versions": {package: version(package) for package in PACKAGES},
        "bars": [bar.as_record() for bar in bars],
        "nist": least_squares.nist_table(),
        "constrained": constrained.solve_all(),
        "descent": minimization.solve_all(),
    }
    text = json.dumps(results, indent=1, ensure_ascii=False, default=lambda number: number.item())
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
