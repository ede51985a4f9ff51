"""Open JupyterLab on a copy of the notebooks, for a reader to write into: ``python tools/lab.py``.

The copy is in my-course/. When the course has changed since, so does the copy; but a notebook that
the reader has changed stays as it is, and the course's new one is laid beside it.
"""

import hashlib
import itertools
import json
import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main():
    copy = ROOT / "my-course"
    for kept, new in update(ROOT / "book", copy):
        print(f"{kept} has your answers and stays; the course's new version is {new}")
    os.chdir(copy)
    os.execv(sys.executable, [sys.executable, "-m", "jupyterlab"])


def update(source, copy):
    """Copy the notebooks; yields, for each that has been written into, its name and the new one's.

    What is remembered: of each notebook the version last copied, and what was laid under each name.
    """
    copy.mkdir(exist_ok=True)
    memory = copy / ".copied.json"
    seen, laid = json.loads(memory.read_text("utf-8")) if memory.exists() else ({}, {})
    for path in sorted(source.rglob("*.ipynb")):
        name, now = path.relative_to(source).as_posix(), digest(path)
        if ".ipynb_checkpoints" in name or (seen.get(name) == now and (copy / name).exists()):
            continue
        for target in names(copy / name):
            place = target.relative_to(copy).as_posix()
            if not target.exists() or digest(target) in (laid.get(place), now):
                break  # no answer of the reader's is in it
        if place != name:
            yield name, place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
        seen[name] = laid[place] = now
    memory.write_text(json.dumps([seen, laid], indent=1), encoding="utf-8")


def names(path):
    """step.ipynb, step (2).ipynb, step (3).ipynb, …"""
    yield path
    for k in itertools.count(2):
        yield path.with_name(f"{path.stem} ({k}).ipynb")


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
