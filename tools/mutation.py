"""Break the numerics one operator or number at a time, and see whether a test notices.

    .mutation-venv/bin/python tools/mutation.py [seed [mutants of each package]]

A sample of mutants, drawn at random, as many from each package. Each is tried in a copy of the
tree on the tests that run its line, the quickest first; what they do not notice in 90 seconds has
survived. What was tried is kept in .mutation, and the same call goes on from there: throw the
folder away when the code or the tests have changed.

The mutants are Cosmic Ray's. Which tests run a line, coverage says.
"""

import ast
import faulthandler
import json
import os
import random
import shutil
import sys
import time
from collections import Counter, defaultdict
from functools import cache
from itertools import chain
from pathlib import Path

os.environ |= dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"

# Imported once: each mutant is tried in a fork of this process.
import hypothesis  # noqa: F401
import matplotlib.pyplot  # noqa: F401
import pytest
import scipy.optimize
import scipy.sparse.linalg  # noqa: F401
from cosmic_ray.commands.init import _all_work_items
from cosmic_ray.mutating import _make_diff, use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import TestOutcome, WorkerOutcome, WorkResult
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
PACKAGES = (
    *("_shared", "autodiff", "jacobians", "hessians"),
    *("taylor", "descent", "constrained", "least_squares"),
)
GROUPS = {package: [f"tests/{package}", f"companion/{package}"] for package in PACKAGES}
GROUPS["chapters"] = ["tests/chapters", "--ignore-glob=*/test_exercises*.py"]
SECONDS = 90


def main(seed="0", per_package="50"):
    folder = ROOT / ".mutation" / f"{seed}-{per_package}"
    tree, whole = folder / "tree", folder / "companion"
    if not tree.exists():
        for part in ("companion", "tests", "book"):
            shutil.copytree(ROOT / part, tree / part)
        shutil.copy(ROOT / "pyproject.toml", tree)
        shutil.copytree(ROOT / "companion", whole)
    shutil.copytree(whole, tree / "companion", dirs_exist_ok=True)  # whatever ended the last call
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = True  # a mutant may have the size and the second of another
    for group in GROUPS:
        if not Path(f"../{group}.json").exists():
            measure(group)
    with use_db(str(folder / "session.sqlite")) as db:
        if not db.num_work_items:
            db.add_work_items(draw(seed, int(per_package)))
        pending = sorted(db.pending_work_items, key=name)
        random.Random(seed).shuffle(pending)
        for item in pending:
            db.set_result(item.job_id, attempt(item))
        report(db.completed_work_items)


# The mutants


def draw(seed, per_package):
    for package in PACKAGES:
        modules = sorted(Path("companion", package).glob("*.py"))
        items = list(_all_work_items(modules, {}))
        yield from random.Random(f"{seed} {package}").sample(items, min(per_package, len(items)))


def name(item):
    (m,) = item.mutations
    row, column = m.start_pos
    return f"{m.module_path}:{row}:{column} {m.operator_name} {m.occurrence}"


def attempt(item):
    (m,) = item.mutations
    tests = running(m.module_path, m.start_pos[0])
    chosen = {test: seconds()[test] for test in tests if test in seconds()}
    operator, begun = get_operator(m.operator_name)(**m.operator_args), time.monotonic()
    with use_mutation(m.module_path, operator, m.occurrence) as (code, mutant):
        killed = any(pytest_fails(part) for part in (own(chosen, m.module_path), chosen) if part)
    outcome = TestOutcome.KILLED if killed else TestOutcome.SURVIVED
    took = f"{len(chosen):6d} tests {time.monotonic() - begun:6.1f} s"
    print(f"{outcome.value:9s}{took}  {name(item)}", flush=True)
    diff = "\n".join(_make_diff(code, mutant, m.module_path))
    return WorkResult(WorkerOutcome.NORMAL, test_outcome=outcome, diff=diff)


def own(tests, path):
    """Those in the one file of its package that has most of them: soon collected."""
    files = Counter(test.split("::")[0] for test in tests if test.split("/")[1] == path.parts[1])
    most = max(files, key=files.get, default=None)
    return {test: s for test, s in tests.items() if test.split("::")[0] == most}


def running(path, row):
    """The tests that run a row, or else its statement; or any row, if that runs on import."""
    found = lines(path)
    tests = found[row] - {""} or set().union(*(found[r] for r in statement(path, row)))
    return set().union(*found.values()) if "" in tests else tests


@cache
def lines(path):
    found = defaultdict(set)
    for file in Path("..").glob("*.coverage"):
        data = CoverageData(file)
        data.read()
        for row, contexts in data.contexts_by_lineno(str(path.resolve())).items():
            found[row] |= {context.split("|")[0] for context in contexts}
    return found


@cache
def seconds():
    """Of each test that passes."""
    files = Path("..").glob("*.json")
    return {k: v for file in files for k, v in json.loads(file.read_text("utf-8")).items()}


def statement(path, row):
    """The rows of the innermost statement around a row; of an if, a loop, a function, its head."""
    found = range(row, row + 1)
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):  # outer ones first
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else node.end_lineno + 1
            if node.lineno <= row < end:
                found = range(node.lineno, end)
    return found


def report(done):
    outcomes = {}
    for item, result in sorted(done, key=lambda pair: name(pair[0])):
        (m,) = item.mutations
        outcomes.setdefault(m.module_path, []).append(result.is_killed)
        if not result.is_killed:
            print(f"\nsurvived: {name(item)}\n{result.diff}")
    print()
    for package in PACKAGES:
        parts = {path: killed for path, killed in outcomes.items() if path.parts[1] == package}
        for path, killed in parts.items():
            score(f"    {path.name}", killed)
        score(package, [*chain(*parts.values())])
    score("all", [*chain(*outcomes.values())])


def score(what, killed):
    if killed:
        print(f"{what:32s}{sum(killed):5d} of{len(killed):4d}{sum(killed) / len(killed):6.0%}")


# Their tests: this module is a plugin of pytest, too


class Trial:
    """What a fork is to run, by test the seconds that it takes; nothing chosen: all, measured."""

    def __init__(self, chosen=None):
        self.chosen, self.seconds, self.begun = chosen, {}, time.monotonic()

    def pytest_collection_modifyitems(self, items):
        for item in items:  # which lines it runs is asked of each
            item.own_markers = [mark for mark in item.own_markers if mark.name != "no_cover"]
        if self.chosen:
            items[:] = sorted(
                (item for item in items if item.nodeid in self.chosen),
                key=lambda item: self.chosen[item.nodeid],
            )

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item):
        # A loop without end is noticed, too.
        limit = 30 + 5 * (self.chosen or {}).get(item.nodeid, 60)
        faulthandler.dump_traceback_later(limit, exit=True, file=sys.__stderr__)
        try:
            return (yield)
        finally:
            faulthandler.cancel_dump_traceback_later()

    def pytest_runtest_setup(self):
        if self.chosen and time.monotonic() > self.begun + SECONDS:
            pytest.skip("time is up")

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and report.passed:
            self.seconds[report.nodeid] = report.duration


def measure(group):
    """Run all tests of a package, or of the chapters: how long each takes, which lines it runs."""
    os.environ["COVERAGE_FILE"] = f"../{group}.coverage"
    options = ["-p", "pytest_cov", "--cov=companion", "--cov-context=test", "--cov-report="]
    fork([*GROUPS[group], *options], report=f"../{group}.json")


def pytest_fails(chosen):
    code = fork(["-x", *sorted({test.split("::")[0] for test in chosen})], chosen)
    return code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED)


def fork(arguments, chosen=None, report=None):
    """pytest's exit code in a process of its own."""
    child = os.fork()
    if not child:
        trial, code = Trial(chosen), 1
        try:
            ignored = "-Wignore::pytest.PytestAssertRewriteWarning"  # of what is imported already
            command = ["-q", "-m", "not timed", "--continue-on-collection-errors", ignored]
            if chosen:
                os.dup2(os.open("../output.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 1)
                os.dup2(1, 2)
            code = pytest.main([*command, *arguments], plugins=[trial])
            if report:
                Path(report).write_text(json.dumps(trial.seconds), encoding="utf-8")
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


if __name__ == "__main__":
    main(*sys.argv[1:])
