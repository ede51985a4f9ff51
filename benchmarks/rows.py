"""More rows than memory holds: tsqr beside numpy, Dask and scikit-learn. Part of ``make bench``.

Prints a line for each figure, and writes benchmarks/rows.json. Most of the time, about ten minutes,
goes into the 10⁸ rows; ``python benchmarks/rows.py 100000 1000000`` is a trial with fewer, which
writes nothing.

What needs much memory runs in a process of its own, so that its peak can be read:
``python benchmarks/rows.py tsqr 1000000 50 1e5`` prints the seconds, the peak and the error.
"""

import os

for name in ("OPENBLAS", "OMP", "MKL"):
    os.environ[f"{name}_NUM_THREADS"] = "1"

import datetime
import json
import resource
import subprocess
import sys
import time
import warnings
from functools import partial
from importlib.metadata import version
from pathlib import Path

import dask
import dask.array as da
import numpy as np
from sklearn.linear_model import Ridge, SGDRegressor

from companion.descent import sum_over_blocks
from companion.least_squares import qr_solve, tsqr

from measure import Figure, in_turns, machine, race

RESULTS = Path(__file__).with_name("rows.json")
PACKAGES = ["numpy", "dask", "distributed", "scikit-learn"]
SIZE = 20_000  # rows in a block
KAPPAS = (1e1, 1e5, 1e8)
SECTION = "Many rows"


def block(k, size, n, kappa):
    """Rows that are stretched by 1 to 1/κ along n directions, for which x = (1, …, 1) is exact.

    The entries are multiples of 2⁻³⁶, below 16 in size, so that sums of fifty of them have 46 bits.
    """
    V, _ = np.linalg.qr(np.random.default_rng(0).standard_normal((n, n)))
    A = np.random.default_rng([1, k]).standard_normal((size, n))
    A = A @ (np.geomspace(1, 1 / kappa, n)[:, None] * V.T)
    coarse = 1.5 * 2.0**16
    A = A + coarse - coarse
    return A, A.sum(axis=1)


class Blocks:
    """m rows in blocks, made when they are asked for; `seconds` is what making them took."""

    def __init__(self, m, n, kappa):
        self.starts, self.m, self.n, self.kappa, self.seconds = range(0, m, SIZE), m, n, kappa, 0.0

    def __iter__(self):
        for k, start in enumerate(self.starts):
            begun = time.perf_counter()
            rows = block(k, min(SIZE, self.m - start), self.n, self.kappa)
            self.seconds += time.perf_counter() - begun
            yield rows

    def whole(self):
        """All rows at once, without a second copy of them."""
        A, b = np.empty((self.m, self.n)), np.empty(self.m)
        for start, (rows, right) in zip(self.starts, self, strict=True):
            A[start : start + SIZE], b[start : start + SIZE] = rows, right
        return A, b

    def lazy(self):
        """Dask's arrays of the same rows, made where they are needed."""
        pairs = [
            dask.delayed(block, nout=2)(k, min(SIZE, self.m - start), self.n, self.kappa)
            for k, start in enumerate(self.starts)
        ]
        sizes = [min(SIZE, self.m - start) for start in self.starts]
        A = [da.from_delayed(A, (s, self.n), float) for (A, _), s in zip(pairs, sizes, strict=True)]
        b = [da.from_delayed(b, (s,), float) for (_, b), s in zip(pairs, sizes, strict=True)]
        return da.concatenate(A), da.concatenate(b)


# The ways: each takes blocks and returns x


def by_tsqr(blocks):
    tall = tsqr(blocks)
    return qr_solve(tall.R, tall.c)


def by_squares(blocks):
    S = sum_over_blocks(lambda A, b: A.T @ np.column_stack([A, b]), blocks)()
    return np.linalg.solve(S[:, :-1], S[:, -1])


def by_lstsq(blocks):
    return np.linalg.lstsq(*blocks.whole())[0]


def by_dask(blocks):
    with dask.config.set(scheduler="synchronous"):
        return da.linalg.lstsq(*blocks.lazy())[0].compute()


def by_ridge(blocks, solver):
    A, b = blocks.whole()
    return Ridge(0.0, fit_intercept=False, solver=solver, copy_X=False).fit(A, b).coef_


def by_sgd(blocks, passes, **settings):
    model = SGDRegressor(penalty=None, fit_intercept=False, random_state=0, **settings)
    for _ in range(passes):
        for A, b in blocks:
            model.partial_fit(A, b)
    return model.coef_


WAYS = {
    "tsqr": by_tsqr,
    "AᵀA by blocks": by_squares,
    "numpy lstsq": by_lstsq,
    "dask.array.linalg.lstsq": by_dask,
    "Ridge, as it comes": partial(by_ridge, solver="auto"),
    "Ridge, svd": partial(by_ridge, solver="svd"),
    "SGDRegressor, as it comes": partial(by_sgd, passes=1),
    # The rows have no noise, so no step needs to shrink: 0.02 has as good as all digits at κ = 10.
    "SGDRegressor, constant step": partial(by_sgd, passes=1, learning_rate="constant", eta0=0.02),
    "SGDRegressor, 5 passes": partial(by_sgd, passes=5, learning_rate="constant", eta0=0.02),
}


def alone(way, m, n, kappa):
    """One way in a process of its own: its seconds, its peak of memory, its error."""
    call = [sys.executable, __file__, way, str(m), str(n), str(kappa)]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1]}
    return json.loads(done.stdout)


def main(*arguments):
    warnings.simplefilter("ignore")
    if len(arguments) == 4:
        return measure_one(*arguments)
    load = [os.getloadavg()[0]]
    m, longest = map(int, arguments or (10**6, 10**8))
    tables, found = {}, []
    for figure in figures(tables, m, longest):
        print(figure.line(), flush=True)
        found.append(figure.as_record())
    if arguments:
        return print(json.dumps(tables, indent=1, ensure_ascii=False))
    results = {
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "machine": machine() | {"load before and after": [*load, os.getloadavg()[0]]},
        "versions": {package: version(package) for package in PACKAGES},
        "figures": found,
        **tables,
    }
    text = json.dumps(results, indent=1, ensure_ascii=False, default=lambda number: number.item())
    RESULTS.write_text(text + "\n", encoding="utf-8")


def measure_one(way, m, n, kappa):
    m, n, kappa = int(m), int(n), float(kappa)
    if way.endswith("workers"):
        found = on_workers(int(way.split()[0]), m, n, kappa)
    elif way == "watched":
        found = watched(m, n, kappa)
    else:
        found = measured(WAYS[way], Blocks(m, n, kappa))
    print(json.dumps(found))


def peak():
    """The most memory that this process has had, in MB."""
    try:  # what getrusage says begins with the peak of the process that started this one
        return memory_of_status("VmHWM")
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / (2**20 if sys.platform == "darwin" else 2**10)


def memory_of_status(name):
    """A line of what Linux says of this process, in MB."""
    with open("/proc/self/status") as file:
        (line,) = [line for line in file if line.startswith(name)]
    return int(line.split()[1]) / 2**10


def measured(way, blocks):
    """The seconds of a way, without those in which rows were made, and what it took and gave."""
    block(0, 1, blocks.n, blocks.kappa)
    before, begun = peak(), time.perf_counter()
    x = way(blocks)
    seconds = time.perf_counter() - begun - blocks.seconds
    return {
        "seconds": seconds,
        "making the rows": blocks.seconds,
        "MB": peak() - before,
        "error": float(abs(x - 1).max()),
    }


def on_workers(workers, m, n, kappa):
    """The seconds of tsqr where as many processes make and reduce their rows."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        pairs = [dask.delayed(block)(k, SIZE, n, kappa) for k in range(m // SIZE)]
        tsqr(pairs[: 2 * workers])  # imports, and what else comes once
        begun = time.perf_counter()
        tall = tsqr(pairs)
        seconds = time.perf_counter() - begun
        error = float(abs(qr_solve(tall.R, tall.c) - 1).max())
    return {"seconds": seconds, "error": error}


def watched(m, n, kappa, marks=100):
    """tsqr of many rows, with the memory after each hundredth of them."""
    blocks, trace, begun = Blocks(m, n, kappa), [], time.perf_counter()
    every = max(1, len(blocks.starts) // marks)

    def passing():
        for k, rows in enumerate(blocks):
            if k % every == 0:
                trace.append([k * SIZE, time.perf_counter() - begun, resident()])
            yield rows

    return measured(lambda blocks: by_tsqr(passing()), blocks) | {"trace": trace}


def resident():
    """The memory that this process has now, in MB; its peak where the system does not tell."""
    try:
        return memory_of_status("VmRSS")
    except OSError:
        return peak()


def joining(n):
    """The seconds in which two triangles become one."""
    triangles = [tsqr([block(k, 2 * n, n, 1e5)]) for k in range(2)]
    pairs = [(tall.R, tall.c) for tall in triangles]
    _, (seconds,) = in_turns([lambda: tsqr(pairs)], 1.0)
    return seconds


# The figures


def figures(tables, m, longest, n=50):
    """The figures with a bar; the tables get the rest."""
    yield from races(m, n)
    tables |= {
        "m": m,
        "n": n,
        "ways": [
            {"way": way, "kappa": kappa, **alone(way, m, n, kappa)}
            for way in WAYS
            for kappa in KAPPAS
        ],
        "growth": [
            {"way": way, "m": rows, **alone(way, rows, n, 1e5)}
            for way in ("tsqr", "AᵀA by blocks", "numpy lstsq")
            for rows in (m // 10, m, 10 * m)
            if rows <= m or way != "numpy lstsq"
        ],
        "longest": {"m": longest, **alone("watched", longest, n, 1e5)},
    }
    long = next(row for row in tables["growth"] if row["m"] == 10 * m)
    tables["constants"] = {
        "operations a second": 2 * long["m"] * n**2 / long["seconds"],
        "seconds a join": joining(n),
    }
    yield Figure(SECTION, f"tsqr, {10 * m} × {n}: peak memory", long["MB"], "MB", "<=", 300)
    times = [alone(f"{workers} workers", 4 * m, n, 1e5)["seconds"] for workers in (1, 2)]
    speed = times[0] / times[1]
    name = f"tsqr, {4 * m} × {n}, rows made by the workers: two against one"
    yield Figure(SECTION, name, speed, "times as fast", ">=", 1.6)


def races(m, n):
    """On rows that are in memory, in the blocks that each side likes."""
    A, b = Blocks(m, n, 1e5).whole()
    pairs = [(A[i : i + SIZE], b[i : i + SIZE]) for i in range(0, m, SIZE)]
    lazy = da.from_array(A, chunks=(SIZE, n)), da.from_array(b, chunks=SIZE)

    def by_dask():
        with dask.config.set(scheduler="synchronous"):
            return da.linalg.lstsq(*lazy)[0].compute()

    rivals = {
        "numpy.linalg.lstsq": (lambda: np.linalg.lstsq(A, b)[0], 0.6),
        "dask.array.linalg.lstsq, the same blocks": (by_dask, 0.6),
        "AᵀA by blocks": (lambda: by_squares(pairs), None),
    }
    for against, (theirs, bar) in rivals.items():
        yield race(
            SECTION,
            f"tsqr, {m} × {n}, κ = 1e5",
            against,
            lambda: by_tsqr(pairs),
            theirs,
            lambda x: abs(x - 1).max(),
            "<=" if bar else "",
            bar,
            seconds=10.0,
        )


if __name__ == "__main__":
    main(*sys.argv[1:])
