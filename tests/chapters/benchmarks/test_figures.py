"""What the page of benchmarks shows is what was measured, and what no clock decides is so again.

Margins, counts, widths and ratios are worked out here anew, from benchmarks/results.json and
rows.json.
"""

import importlib
import itertools
import json
import re
import time
from html import unescape
from pathlib import Path

import numpy as np
import pytest

from companion import plots
from companion.problems import UNCONSTRAINED
from companion.problems.hock_schittkowski import PROBLEMS

ROOT = Path(__file__).parents[3]
RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
MANY = json.loads((ROOT / "benchmarks/rows.json").read_text(encoding="utf-8"))
FIGURES = RESULTS["figures"] + MANY["figures"]
RACES = [figure for figure in FIGURES if figure["times"]]
ASKED = [figure for figure in FIGURES if figure["sense"]]
CELLS = json.loads((ROOT / "book/benchmarks.ipynb").read_text(encoding="utf-8"))["cells"]
OUTPUTS = [output for cell in CELLS for output in cell.get("outputs", [])]
OURS = "sqp", "augmented-lagrangian"
TIGHT = "SLSQP, ftol 1e-14"


def margin(figure):
    """How many times better than asked; infinite where an error or a count is exactly 0."""
    if figure["sense"] == ">=":
        return figure["figure"] / figure["bar"]
    return figure["bar"] / figure["figure"] if figure["figure"] else np.inf


# The figures show what was measured


def test_each_bar_has_one_mark_at_its_margin(figures):
    (axes,) = figures("benchmarks")["margins"].axes
    marks = [line for line in axes.lines if line.get_marker() in ("o", "X")]
    places = np.concatenate([line.get_xydata() for line in marks])
    expected = [min(margin(figure), 1e9) for figure in ASKED]
    np.testing.assert_allclose(np.sort(places[:, 0]), np.sort(expected), rtol=1e-12)
    left, right = axes.get_xlim()
    assert left < min(expected)
    assert max(expected) < right
    for line in marks:
        met = line.get_marker() == "o"
        assert line.get_color() == (plots.STEP if met else plots.MODEL)
        assert ((line.get_xdata() >= 1) == met).all()


def test_no_mark_of_a_margin_hides_another(figures):
    figure = figures("benchmarks")["margins"]
    figure.draw_without_rendering()
    (axes,) = figure.axes
    marks = [line for line in axes.lines if line.get_marker() in ("o", "X")]
    pixels = axes.transData.transform(np.concatenate([line.get_xydata() for line in marks]))
    size = marks[0].get_markersize() * figure.dpi / 72
    gaps = [np.linalg.norm(p - q) for p, q in itertools.combinations(pixels, 2)]
    assert min(gaps) >= size


def test_each_way_to_a_jacobian_stands_at_its_error_and_time(figures):
    (axes,) = figures("benchmarks")["precision"].axes
    same = [f for f in RACES if f["name"].endswith("elementwise, n = 1000")]
    packages = [f for f in same if f["section"] == "Packages of differences"]
    expected = [(f["errors"]["theirs"], f["times"]["theirs"]) for f in packages]
    for method in ("forward", "central", "richardson", "complex-step"):
        found = [f for f in same if f["name"].startswith(method) and "iff" in f["section"]]
        errors = {f["errors"]["ours"] for f in found}
        assert len(errors) == 1
        expected.append((errors.pop(), min(f["times"]["ours"] for f in found)))
    drawn = np.concatenate([line.get_xydata() for line in axes.lines])
    assert sorted(map(tuple, drawn)) == sorted(expected)
    names = {text.get_text() for text in axes.texts}
    assert names >= {"forward", "central", "richardson", "complex-step"}
    assert all(f["against"].partition(", ")[2] in names for f in packages)


def test_the_digits_are_those_of_the_results(figures):
    (axes,) = figures("benchmarks")["digits"].axes
    lines = {line.get_label(): line for line in axes.lines if line.get_marker() != "None"}
    sets = [label.get_text() for label in axes.get_yticklabels()]
    for way, line in lines.items():
        expected = [RESULTS["nist"][name].get(way, {"digits": np.nan})["digits"] for name in sets]
        np.testing.assert_array_equal(line.get_xdata(), expected)
        np.testing.assert_array_equal(np.round(line.get_ydata()), range(len(sets)))
    heights = np.concatenate([line.get_ydata() for line in lines.values()])
    assert len(set(heights)) == len(heights)
    assert set(lines) == set().union(*RESULTS["nist"].values())


def test_the_bars_of_the_solvers_are_made_of_all_outcomes(figures):
    (axes,) = figures("benchmarks")["solvers"].axes
    solvers = [label.get_text() for label in axes.get_yticklabels()]
    assert {*OURS, TIGHT} < set(solvers)
    for group in axes.containers:
        for solver, patch in zip(solvers, group, strict=True):
            ends = [row[solver]["outcome"] for row in RESULTS["constrained"]]
            outcome = group.get_label().replace("10⁻⁸", "1e-8")
            assert patch.get_width() == ends.count(outcome)
    total = sum(np.array([patch.get_width() for patch in group]) for group in axes.containers)
    np.testing.assert_array_equal(total, len(PROBLEMS))


def test_the_memory_is_that_of_the_run_and_does_not_grow(figures):
    (axes,) = figures("benchmarks")["memory"].axes
    (line,) = axes.lines
    gone, _, memory = np.transpose(MANY["longest"]["trace"])
    np.testing.assert_allclose(line.get_xdata(), gone / 1e6)
    np.testing.assert_allclose(line.get_ydata(), memory)
    assert MANY["longest"]["m"] == 10**8
    late = memory[gone > 1e6]
    assert late.max() - late.min() < 5  # MB, less than one block of rows has


@pytest.mark.parametrize("name", ["margins", "precision", "digits", "solvers", "memory"])
def test_nothing_is_clipped_and_every_look_is_in_the_legend(figures, name):
    figure = figures("benchmarks")[name]
    figure.draw_without_rendering()
    (axes,), legends = figure.axes, figure.legends
    ticks = [
        label
        for axis in (axes.xaxis, axes.yaxis)
        for label, place in zip(axis.get_ticklabels(), axis.get_ticklocs(), strict=True)
        if min(axis.get_view_interval()) <= place <= max(axis.get_view_interval())
    ]
    texts = [t for t in [*axes.texts, axes.xaxis.label, axes.yaxis.label, *ticks] if t.get_text()]
    for piece in [*legends, *texts]:
        box = piece.get_window_extent()
        assert box.x0 >= 0, piece
        assert box.y0 >= 0, piece
        assert box.x1 <= figure.bbox.x1, piece
        assert box.y1 <= figure.bbox.y1, piece
    for first, second in itertools.combinations(axes.texts, 2):
        if first.get_text() and second.get_text():
            assert not first.get_window_extent().overlaps(second.get_window_extent())
    assert axes.get_xlabel()
    entries = {text.get_text() for legend in legends for text in legend.get_texts()}
    drawn = [*axes.lines, *axes.containers]
    assert entries == {a.get_label() for a in drawn if not a.get_label().startswith("_")}


# The tables and the sentences show what was measured


def shown():
    """The rows of all tables of the page, as texts."""
    for output in OUTPUTS:
        html = "".join(output.get("data", {}).get("text/html", ""))
        for row in re.findall("<tr>(.*?)</tr>", html):
            yield [unescape(re.sub("<.*?>", "", cell)) for cell in re.findall("<td.*?</td>", row)]


def test_every_figure_is_shown_once_with_its_number():
    rows = [tuple(row[:2]) for row in shown()]
    for figure in FIGURES:
        assert rows.count((figure["name"], figure["against"])) == 1, figure


def test_each_way_through_many_rows_has_its_error_and_its_memory():
    rows = [row for row in shown() if row and row[-1].endswith(" MB")]
    for way in {row["way"] for row in MANY["ways"]}:
        found = [row for row in MANY["ways"] if row["way"] == way]
        ((_, *cells),) = [row for row in rows if row[0] == way and len(row) == len(found) + 2]
        errors = [float(cell.split(" in ")[0]) for cell in cells[:-1]]
        np.testing.assert_allclose(errors, [row["error"] for row in found], rtol=0.5)
        assert float(cells[-1].removesuffix(" MB")) == round(max(row["MB"] for row in found))


def test_what_is_said_of_the_ways_through_many_rows():
    found = {(row["way"], row["kappa"]): row for row in MANY["ways"]}
    tsqr, lstsq, squares, steps = (
        [found[way, kappa] for kappa in (1e1, 1e5, 1e8)]
        for way in ("tsqr", "numpy lstsq", "AᵀA by blocks", "SGDRegressor, constant step")
    )
    for ours, theirs, square in zip(tsqr, lstsq, squares, strict=True):
        assert ours["error"] < 10 * theirs["error"]
        assert ours["MB"] < theirs["MB"] / 5
        assert 0.3 < square["seconds"] / ours["seconds"] < 0.7
    assert squares[2]["error"] > 0.1
    assert found["Ridge, as it comes", 1e8]["error"] > 0.1
    assert found["Ridge, svd", 1e8]["error"] < 1e-7
    assert steps[0]["error"] < 1e-13
    assert found["SGDRegressor, 5 passes", 1e5]["error"] > 0.1


def test_the_page_of_many_machines_takes_what_was_measured():
    path = ROOT / "book/least_squares/many_machines.ipynb"
    (line,) = re.findall(r"rate, join = .*, 50, (.*), ([\de-]+)", path.read_text(encoding="utf-8"))
    measured = MANY["constants"]["operations a second"], MANY["constants"]["seconds a join"]
    np.testing.assert_allclose([float(number) for number in line], measured, rtol=0.5)


def test_in_every_race_below_1_is_faster_and_a_missed_bar_says_so():
    rows = {tuple(row[:2]): row for row in shown()}
    for figure in RACES:
        row = rows[figure["name"], figure["against"]]
        ratio = figure["times"]["ours"] / figure["times"]["theirs"]
        assert figure["figure"] == pytest.approx(ratio)
        assert float(row[4]) == pytest.approx(ratio, rel=0.006)
        for column, side in ((5, "ours"), (6, "theirs")):
            error = figure["errors"][side]
            assert (row[column] == "floor") == (error is None)
            if error is not None:
                assert float(row[column]) == pytest.approx(error, rel=0.5)
        assert ("floor" in figure["against"]) == (figure["errors"]["theirs"] is None)
    for figure in ASKED:
        last = rows[figure["name"], figure["against"]][-1]
        assert last.endswith("missed") == (margin(figure) < 1)


def test_the_page_counts_the_bars_right():
    text = "".join("".join(output.get("text", "")) for output in OUTPUTS)
    met = sum(margin(figure) >= 1 for figure in ASKED)
    assert f"{met} of {len(ASKED)} bars are met" in text
    perfect = sum(margin(figure) == np.inf for figure in ASKED)
    assert f"{perfect} of them by an error, or a count of errors, of exactly 0" in text


def test_the_kinds_of_points_are_counted_right():
    rows = [row for row in shown() if row and row[0] == "newton"]
    ends = [
        cell["kind"] or cell["status"]
        for row in RESULTS["descent"]
        for cell in row["cells"]
        if cell["method"] == "newton"
    ]
    (counts,) = rows
    assert sum(map(int, counts[1:])) == len(ends) == len(UNCONSTRAINED)
    assert sorted(map(int, counts[1:]))[-4:] == sorted(ends.count(end) for end in set(ends))[-4:]


def test_the_versions_are_those_pinned():
    pins = (ROOT / "benchmarks/requirements.txt").read_text(encoding="utf-8").splitlines()
    assert pins[0].startswith("# This file was autogenerated by uv")
    for name, version in RESULTS["versions"].items():
        assert any(pin.split(" ")[0] == f"{name}=={version}" for pin in pins)


def test_both_machines_and_all_versions_are_told():
    text = "".join("".join(output.get("text", "")) for output in OUTPUTS)
    for part in (RESULTS, MANY):
        assert f"measured on: {part['date']}\nprocessor: {part['machine']['processor']}\n" in text
        for name, version in part["versions"].items():
            assert f"{name} {version}" in text


def test_what_is_said_of_blocks_and_of_one_step():
    wide = [f for f in RACES if f["section"] == "Differences" and f["name"].endswith("n = 1000")]
    missed = {f["name"].split(", ")[1] for f in wide if margin(f) < 1}
    assert missed == {"elementwise", "layer"}
    one_step = [
        f
        for f in RACES
        if f["section"] == "Packages of differences"
        and ("one step" in f["against"] or "fprime" in f["against"] or "nd_s" in f["against"])
    ]
    slow = {f["against"] for f in one_step if f["figure"] < 0.5}
    assert slow == {"scipy.differentiate, order 2, one step"}
    assert len(one_step) == 10


def test_taylor_tries_some_seventy_circles(module, monkeypatch):
    minimization, tried = module("minimization"), []
    coefficients = importlib.import_module("companion.taylor._coefficients")
    circle = coefficients._circle
    monkeypatch.setattr(coefficients, "_circle", lambda *a: tried.append(1) or circle(*a))
    for f, _ in minimization.ENTIRE.values():
        minimization.coefficients(coefficients.taylor_coefficients, f)
    assert 60 < len(tried) / len(minimization.ENTIRE) / len(minimization.CENTERS) < 80


def test_every_library_that_the_page_names_ran():
    rivals = {f["against"] for f in RACES} | set(RESULTS["constrained"][0])
    rivals |= {way for ways in RESULTS["nist"].values() for way in ways}
    ways = {"dask.array.linalg.lstsq": "Dask", "SGDRegressor, as it comes": "scikit-learn"}
    rivals |= {ways.get(row["way"]) for row in MANY["ways"]} - {None}
    opening = "".join(CELLS[0]["source"])
    named = "numpy scipy numdifftools autograd jax cvxpy statsmodels Dask scikit-learn"
    for name in named.split():
        assert name in opening
        assert any(name in rival for rival in rivals)
    for claimed in ("SLSQP", "lsmr", "eigsh"):
        assert any(claimed in rival for rival in rivals)


# Measured again


@pytest.fixture(scope="module")
def module():
    """module("constrained"): that part of the benchmarks."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(ROOT / "benchmarks")
        yield importlib.import_module


# Where one more rounding could not turn the verdict.
CLEAR = [
    row["problem"]
    for row in RESULTS["constrained"]
    if all(row[solver]["residual"] < 1e-10 for solver in OURS)
]


@pytest.mark.parametrize("number", [*CLEAR[::8], 2, 13, 16, 33])
def test_the_outcomes_of_our_solvers_come_out_again(module, number):
    (before,) = [row for row in RESULTS["constrained"] if row["problem"] == number]
    constrained = module("constrained")
    x0 = np.array(PROBLEMS[number].x0, dtype=float)
    for solver in OURS:
        x, claimed = constrained.SOLVERS[solver](PROBLEMS[number], x0)
        now = constrained.judge(PROBLEMS[number], x, claimed)
        assert now["outcome"] == before[solver]["outcome"]
        assert now["claimed"] == before[solver]["claimed"]


def test_slsqp_with_a_tight_ftol_is_judged_solved(module):
    constrained = module("constrained")
    x0 = np.array(PROBLEMS[35].x0)
    x, claimed = constrained.SOLVERS[TIGHT](PROBLEMS[35], x0)
    assert constrained.judge(PROBLEMS[35], x, claimed)["outcome"] == "solved"


@pytest.mark.parametrize("claimed", [True, False])
def test_the_judge_looks_at_the_point_before_it_believes(module, claimed):
    judge = module("constrained").judge
    solution = np.array([12, 7, 4]) / 9  # of problem 35
    assert judge(PROBLEMS[35], solution, claimed)["outcome"] == "solved"
    near = judge(PROBLEMS[35], solution - 1e-7, claimed)
    assert near["outcome"] == "least value, residual above 1e-8"
    assert 1e-8 < near["residual"] < 1e-4
    far = judge(PROBLEMS[35], solution / 2, claimed)["outcome"]
    assert far == ("stopped elsewhere, as a success" if claimed else "gave up")
    lowest = judge(PROBLEMS[35], np.ones(3), claimed)  # ∇f = 0, where 4 ≤ 3 does not hold
    assert lowest["outcome"] == far
    assert lowest["residual"] > 0.1
    nowhere = judge(PROBLEMS[35], np.full(3, np.nan), claimed)
    assert nowhere["residual"] == 1


def test_the_kinds_at_which_newton_ends_come_out_again(module):
    minimization = module("minimization")
    for make, row in zip(UNCONSTRAINED, RESULTS["descent"], strict=True):
        (before,) = [cell for cell in row["cells"] if cell["method"] == "newton"]
        if before["kind"] != "degenerate" and before["n_iter"] <= 10:  # few turns
            problem = make()
            now = minimization.judge(problem, minimization.METHODS["newton"](problem))
            assert (now["kind"], now["status"]) == (before["kind"], before["status"])


def test_the_coefficients_are_within_their_bar_again(module):
    minimization = module("minimization")
    bars = {f["name"]: f for f in ASKED if f["section"] == "Taylor"}
    for name, (f, derivative) in minimization.ENTIRE.items():
        figure = bars[f"coefficients of {name} to order 20: worst error"]
        error = minimization.worst_error(f, derivative)
        found = minimization.coefficients(minimization.taylor_coefficients, f)
        assert error(found) <= figure["bar"]
        assert figure["figure"] <= figure["bar"]
        wrong = [coefficients * (1 + 1e-6) for coefficients in found]
        assert error(wrong) == pytest.approx(1e-6, rel=1e-3)


def test_the_hessians_that_errors_are_measured_from_are_right(module):
    n = 9
    x = np.random.default_rng(0).uniform(0.5, 2, n)
    for grad, H in module("hessians").gradients(n).values():
        h = 1e-5 * np.eye(n)
        differences = (grad(x[:, None] + h) - grad(x[:, None] - h)) / 2e-5
        np.testing.assert_allclose(H(x), differences, atol=1e-6 * np.abs(H(x)).max())


def test_a_race_gives_the_ratio_of_times_and_both_errors(module):
    race = module("measure").race

    def ours():
        time.sleep(0.002)
        return np.array([1.0, 3.0])

    def theirs():
        time.sleep(0.02)
        return np.array([1.0, 4.0])

    error = module("measure").relative(np.array([1.0, 4.0]))
    figure = race("A", "b", "c", ours, theirs, error, seconds=0.2)
    assert figure.errors == {"ours": 0.25, "theirs": 0.0}
    assert figure.times["ours"] >= 0.002
    assert figure.times["theirs"] >= 0.02
    assert figure.figure == figure.times["ours"] / figure.times["theirs"] < 1
    assert race("A", "b", "c", ours, theirs, (error, None), seconds=0.1).errors["theirs"] is None
