"""Run the tests and the notebooks as other machines run them, and print a table.

Each row changes one thing: the kernel of OpenBLAS, the number of its threads, Python, or numpy,
which becomes the oldest that pyproject.toml admits. With arguments, only the rows of these names;
"another-kernel" is one besides the processor's own.

What the runs said, and their environments, with all versions pinned, are in .portable/.
"""

import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / ".portable"

KERNELS = ("Prescott", "Nehalem", "Sandybridge", "Haswell", "SkylakeX")
PYTHONS = ("3.11", "3.12", "3.13")
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PARTS = {
    "tests": ["--dist=worksteal", "-m", "not timed", "tests", "companion", "--ignore=tests/pages"],
    "notebooks": ["--dist=loadscope", "--nbval", "book"],
}
# Products and factorizations large enough to need a kernel's own instructions.
TRIAL = "import numpy as np; A = np.eye(300); np.linalg.svd(A @ A + A.T @ A); np.linalg.inv(A)"


@dataclass
class Row:
    variables: dict = field(default_factory=dict)
    python: str = sys.executable
    pins: dict = field(default_factory=dict)  # instead of those in requirements.txt
    impossible: str = ""


def main(*names):
    own = kernel_of({})
    rows = kernel_rows(own) | version_rows()
    if unknown := set(names) - set(rows):
        sys.exit(f"no rows {', '.join(unknown)}; there are {', '.join(rows)}")
    # By its own name, that kernel is in the table already.
    names = names or [name for name in rows if name != "another-kernel"]
    FOLDER.mkdir(exist_ok=True)
    print(f"here: {own or 'no OpenBLAS'}, Python {sys.version.split()[0]}")
    head = "".join(f"{part + ': passed':>20s}{'failed':>8s}" for part in PARTS)
    print(f"{'':16s}{head}{'minutes':>10s}", flush=True)
    failed = [name for name in names if not run(name, rows[name])]
    sys.exit(f"failed: {', '.join(failed)}" if failed else 0)


# The rows


def kernel_rows(own):
    rows = {"here": Row()}
    for kernel in KERNELS:
        row = rows[kernel] = Row({"OPENBLAS_CORETYPE": kernel})
        # It may answer with another name for the same code, Katmai for Prescott.
        if kernel_of(row.variables) in (None, own):
            row.impossible = "OpenBLAS does not run it here"
    rows.pop(own, None)  # here already
    others = [
        name for name in ("Nehalem", "Prescott") if name in rows and not rows[name].impossible
    ]
    rows["another-kernel"] = rows[others[0]] if others else Row(impossible="none known here")
    rows["two-threads"] = Row(dict.fromkeys(THREADS, "2"))
    return rows


def version_rows():
    rows = {}
    for version in PYTHONS:
        if sys.version.startswith(version):
            continue  # here already
        python = find_python(version)
        rows[f"python-{version}"] = Row(python=python, impossible="" if python else "not found")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    (numpy,) = (Requirement(line) for line in project["dependencies"])
    (oldest,) = (bound.version for bound in numpy.specifier if bound.operator == ">=")
    return rows | {f"numpy-{oldest}": Row(pins={"numpy": oldest})}


def kernel_of(variables):
    """The kernel that OpenBLAS says it runs; None if it ends, or numpy has another BLAS.

    Asked for a kernel that it does not have, OpenBLAS takes the processor's own.
    """
    variables = {"OPENBLAS_VERBOSE": "2"} | variables
    trial = start([sys.executable, "-c", TRIAL], variables, capture_output=True)
    found = re.search(r"^Core: (\w+)", trial.stderr, re.M)
    return found[1] if found and trial.returncode == 0 else None


def find_python(version):
    """The path of a Python of that version, on PATH or among pyenv's; None if there is none."""
    pyenv = Path(os.environ.get("PYENV_ROOT", "~/.pyenv")).expanduser()
    places = [shutil.which(f"python{version}"), *pyenv.glob(f"versions/{version}.*/bin/python")]
    for place in filter(None, map(str, places)):
        # One of pyenv's shims may stand for nothing.
        if start([place, "-c", "import ensurepip"], {}, capture_output=True).returncode == 0:
            return place
    return None


# Running them


def run(name, row):
    """Print the row of that name; whether nothing failed in it."""
    print(f"{name:16s}", end="", flush=True)
    if row.impossible:
        print(f"  {row.impossible}", flush=True)
        return True
    begun, failures, python = time.monotonic(), [], environment(name, row)
    for part, options in PARTS.items():
        passed, wrong = run_part(f"{name}-{part}", [python, "-m", "pytest", *options], row)
        print(f"{passed:20d}{len(wrong):8d}", end="", flush=True)
        failures += wrong
    print(f"{(time.monotonic() - begun) / 60:10.1f}", flush=True)
    for failure in failures:
        print(f"    {failure}", flush=True)
    return not failures


def run_part(name, command, row):
    """How many tests pass, and the names of those that do not."""
    report, log = FOLDER / f"{name}.xml", FOLDER / f"{name}.txt"
    report.unlink(missing_ok=True)
    with log.open("w", encoding="utf-8") as out:
        command = [*command, "-q", "-n", "auto", f"--junit-xml={report}"]
        code = start(command, row.variables, stdout=out, stderr=subprocess.STDOUT).returncode
    if not report.exists():
        return 0, [f"pytest ends with code {code}: {log.relative_to(ROOT)}"]
    cases = list(ElementTree.parse(report).iter("testcase"))
    outcome = {case: {result.tag for result in case} for case in cases}
    wrong = [case for case in cases if outcome[case] & {"failure", "error"}]
    passed = sum(not outcome[case] & {"failure", "error", "skipped"} for case in cases)
    return passed, [f"{case.get('classname')} {case.get('name')}" for case in wrong]


def environment(name, row):
    """An interpreter with what the row asks for, made anew only when the pins have changed."""
    if row.python == sys.executable and not row.pins:
        return sys.executable
    pins = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    for package, version in row.pins.items():
        pins = re.sub(rf"^{package}==\S+", f"{package}=={version}", pins, flags=re.M)
    folder, asked = FOLDER / name, FOLDER / f"{name}-requirements.txt"
    ready = folder / "ready"
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    if not ready.exists() or ready.read_text(encoding="utf-8") != pins:
        asked.write_text(pins, encoding="utf-8")
        subprocess.run([row.python, "-m", "venv", "--clear", folder], check=True)
        pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", asked], check=True, cwd=ROOT)
        ready.write_text(pins, encoding="utf-8")
    return python


def start(command, variables, **options):
    """Run a child process with these variables, one thread and the processor's own kernel."""
    inherited = {k: v for k, v in os.environ.items() if k != "OPENBLAS_CORETYPE"}
    variables = inherited | dict.fromkeys(THREADS, "1") | variables
    return subprocess.run(command, env=variables, cwd=ROOT, text=True, **options)


if __name__ == "__main__":
    main(*sys.argv[1:])
