"""Run what the page "The same at work" shows in JAX, PyTorch and SciPy, and compare with ours.

The code of a library stands in fences that begin with its name, ``# JAX``, and go on from each
other. Where a fence gives a value to a name that the cell of its section gives one to, both must
be the same, to eight digits of the largest entry.
"""

import contextlib
import io
import json
import re
from pathlib import Path

import numpy as np

PAGE = Path(__file__).parents[1] / "book/at_work.ipynb"
FENCE = re.compile(r"^```python\n# (\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LIBRARIES = ("JAX", "PyTorch", "SciPy")
SAME = 1e-8


def main():
    for line in compared(LIBRARIES):
        print(line)


def compared(libraries):
    """Run the page; a line for each of those libraries and section. Raises where values differ."""
    names = {library: {} for library in libraries}
    ours, section = {}, {}
    for cell in json.loads(PAGE.read_text(encoding="utf-8"))["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "code":
            section = given(source, ours)
            continue
        for library, code in FENCE.findall(source):
            if library not in libraries:
                continue
            theirs = given(code, names[library])
            both = [name for name in section if name in theirs]
            distances = [distance(theirs[name], section[name]) for name in both]
            shown = [f"{name} {far:.0e}" for name, far in zip(both, distances, strict=True)]
            line = f"{library:8}{'  '.join(shown)}"
            assert list(theirs)[-1] in both, f"its last value is compared with nothing: {code}"
            assert max(distances) <= SAME, line
            yield line


def given(code, names):
    """The numbers to which code, run among those names, gives a name."""
    before = dict(names)
    with contextlib.redirect_stdout(io.StringIO()), np.printoptions():
        exec(code, names)
    new = {name: value for name, value in names.items() if value is not before.get(name)}
    return {name: as_numbers(value) for name, value in new.items() if is_numbers(value)}


def is_numbers(value):
    return isinstance(value, float) or hasattr(value, "__array__")


def as_numbers(value):
    return np.asarray(value.detach() if hasattr(value, "detach") else value, dtype=float)


def distance(x, y):
    """How far x is from y, beside the largest entry of y; infinite where they differ in shape."""
    return np.abs(x - y).max() / np.abs(y).max() if x.shape == y.shape else np.inf


if __name__ == "__main__":
    main()
