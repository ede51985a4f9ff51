"""Print what pytest should run for what has changed since the last commit, for `make check`.

The repository's own tests; for a changed module its doctests and the tests of its package; for a
changed page of the book its chapter's tests, and the page itself under nbval; a changed test file.
"""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main():
    git = ["git", "-C", ROOT, "status", "--porcelain", "--no-renames", "--untracked-files=all"]
    lines = subprocess.run(git, check=True, capture_output=True, text=True).stdout.splitlines()
    changed = [Path(line[3:].strip('"')) for line in lines]
    tests = {"tests/repository"} | {test for path in changed for test in tests_of(path)}
    print(*sorted(test for test in tests if (ROOT / test).exists()))


def tests_of(path):
    """The places in which the tests of a file stand, there or not."""
    top, *rest = path.parts
    if top == "companion" and path.suffix == ".py":
        yield path.as_posix()
        yield f"tests/{rest[0]}" if len(rest) > 1 else f"tests/test_{path.name}"
    if top == "book" and path.suffix == ".ipynb":
        yield path.as_posix()
        yield f"tests/chapters/{rest[0].removesuffix('.ipynb')}"
    if top == "tests" and path.name.startswith("test_") and "pages" not in rest:
        yield path.as_posix()


if __name__ == "__main__":
    main()
