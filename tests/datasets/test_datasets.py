"""The data: what NIST certifies is found again, in exact arithmetic, from the shipped files."""

import csv
import hashlib
import re
from decimal import Decimal, localcontext
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import companion
from companion.datasets import SETS, load

DATA = Path(companion.__file__).parent / "datasets" / "data"
NIST = ["longley", "norris", "wampler1", "wampler2", "wampler3", "wampler4", "wampler5"]


def rows(name):
    with open(DATA / f"{name}.csv", newline="", encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def exact_model(name):
    """A and y of the file as fractions, with no float between."""
    table = [[Fraction(cell) for cell in row] for row in rows(name)]
    y = [row[0] for row in table]
    if name.startswith("wampler"):
        return [[x**k for k in range(6)] for _, x in table], y
    return [[Fraction(1), *row[1:]] for row in table], y


def inverse(M):
    """By Gauss and Jordan."""
    n = len(M)
    work = [[*row, *(Fraction(i == j) for j in range(n))] for i, row in enumerate(M)]
    for k in range(n):
        pivot = next(i for i in range(k, n) if work[i][k])
        work[k], work[pivot] = work[pivot], work[k]
        work[k] = [entry / work[k][k] for entry in work[k]]
        for i in set(range(n)) - {k}:
            work[i] = [a - work[i][k] * b for a, b in zip(work[i], work[k], strict=True)]
    return [row[n:] for row in work]


def exact_fit(name):
    """The least squares fit, its standard deviations and that of the residuals, to 50 digits."""
    A, y = exact_model(name)
    m, n = len(A), len(A[0])
    AtA = [[sum(row[i] * row[j] for row in A) for j in range(n)] for i in range(n)]
    Aty = [sum(row[i] * y_k for row, y_k in zip(A, y, strict=True)) for i in range(n)]
    inv = inverse(AtA)
    x = [sum(a * b for a, b in zip(row, Aty, strict=True)) for row in inv]
    residuals = [
        sum(a * b for a, b in zip(row, x, strict=True)) - y_k for row, y_k in zip(A, y, strict=True)
    ]
    variance = sum(r * r for r in residuals) / (m - n)
    deviations = [root(variance * inv[i][i]) for i in range(n)]
    return [decimal(value) for value in x], deviations, root(variance)


def decimal(fraction):
    with localcontext(prec=50):
        return Decimal(fraction.numerator) / Decimal(fraction.denominator)


def root(fraction):
    with localcontext(prec=50):
        return decimal(fraction).sqrt()


def digits(value):
    """Rounded to the 15 digits that NIST certifies."""
    return f"{Decimal(value):.14E}" if Decimal(value) else "0"


@pytest.mark.parametrize("name", NIST)
def test_every_certified_digit_is_found_again(name):
    *coefficients, residual = [row[1:] for row in rows("nist_certified") if row[0] == name]
    x, deviations, residual_deviation = exact_fit(name)
    assert [row[0] for row in coefficients] == [f"B{k}" for k in range(len(x))]
    assert [digits(row[1]) for row in coefficients] == [digits(value) for value in x]
    assert [digits(row[2]) for row in coefficients] == [digits(value) for value in deviations]
    assert digits(residual[2]) == digits(residual_deviation)


@pytest.mark.parametrize("name", NIST)
def test_the_loaded_model_is_the_exact_one(name):
    data = load(name)
    A, y = exact_model(name)
    assert np.array_equal(data.A, np.array(A, dtype=float))
    assert np.array_equal(data.y, np.array(y, dtype=float))
    x, deviations, residual_deviation = exact_fit(name)
    for certified, exact in (
        (data.certified.x, x),
        (data.certified.deviations, deviations),
        (data.certified.residual_deviation, residual_deviation),
    ):
        np.testing.assert_allclose(certified, np.array(exact, dtype=float), rtol=1e-14)


@pytest.mark.parametrize("name", ["norris", "longley", "wampler3"])
def test_a_float_fit_comes_near_the_certified_one(name):
    data = load(name)
    scale = np.linalg.norm(data.A, axis=0)
    x = np.linalg.lstsq(data.A / scale, data.y)[0] / scale
    np.testing.assert_allclose(x, data.certified.x, rtol=1e-6)


@pytest.mark.parametrize("name", list(SETS))
def test_shapes_and_names_agree(name):
    data = load(name)
    m, k = data.X.shape
    assert data.name == name
    assert data.y.shape == (m,)
    assert len(data.columns) == k == len(set(data.columns))
    assert data.A.shape == (m, 1 + k * data.degree)
    assert np.array_equal(data.A[:, 0], np.ones(m))
    assert np.array_equal(data.A[:, 1 : 1 + k], data.X)
    assert np.isfinite(data.A).all()
    assert np.isfinite(data.y).all()
    assert (data.certified is None) == (name not in NIST)


@pytest.mark.parametrize("name", list(SETS))
def test_the_repr_tells_source_and_licence(name):
    data = load(name)
    text = repr(data)
    assert text.startswith(f"Dataset {name}: {len(data.y)} observations of {data.response}")
    assert data.description in text
    assert f"source: {data.source}" in text
    assert f"licence: {data.licence}" in text


def test_each_call_makes_new_arrays():
    first = load("norris")
    first.y[:] = 0
    first.X[:] = 0
    first.certified.x[:] = 0
    again = load("norris")
    assert again.y.any()
    assert again.X.any()
    assert again.certified.x.all()


def test_breast_cancer_has_two_classes():
    data = load("breast_cancer")
    assert data.X.shape == (569, 30)
    assert data.response == "malignant"
    assert (data.y == 1).sum() == 212
    assert (data.y == 0).sum() == 357
    # Ranges printed in the description that comes with the data.
    ranges = {
        "mean_radius": (6.981, 28.11),
        "mean_area": (143.5, 2501),
        "worst_area": (185.2, 4254),
    }
    for column, extremes in ranges.items():
        values = data.X[:, data.columns.index(column)]
        assert (values.min(), values.max()) == extremes
    radius = data.X[:, data.columns.index("worst_radius")]
    assert radius[data.y == 1].mean() > 1.5 * radius[data.y == 0].mean()


def test_el_ninos_winters_are_in_it():
    data = load("el_nino")
    years = np.arange(1950, 2011)
    assert data.X.shape == (len(years), 11)
    assert (data.columns[0], data.columns[-1], data.response) == ("january", "november", "december")
    # The strongest events on record.
    assert set(years[np.argsort(data.y)[-2:]]) == {1982, 1997}
    assert data.X.min() > 18
    assert data.X.max() < 30


def test_el_nino_has_a_radius_worth_choosing():
    """A shorter x predicts later years better than the least squares fit to earlier ones."""
    data = load("el_nino")
    past, future = slice(0, 40), slice(40, None)
    mean, deviation = data.X[past].mean(axis=0), data.X[past].std(axis=0)
    A, b = (data.X - mean) / deviation, data.y - data.y[past].mean()
    G, c = A[past].T @ A[past], A[past].T @ b[past]

    def held_out_error(lam):
        x = np.linalg.solve(G + 2 * lam * np.eye(11), c)
        return np.linalg.norm(A[future] @ x - b[future])

    assert held_out_error(1.5) < 0.95 * held_out_error(0)
    assert held_out_error(1.5) < 0.95 * held_out_error(15)


def test_an_unknown_name_lists_the_known_ones():
    with pytest.raises(ValueError, match=r"name must be one of 'longley'.*'el_nino'; it is 'iris'"):
        load("iris")


# ---- the files


def test_readme_gives_the_sum_of_every_file():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    sums = dict(reversed(line.split()) for line in re.findall(r"^\w{64}  .*$", readme, re.M))
    files = {path.name: path.read_bytes() for path in DATA.glob("*.csv")}
    assert sums == {name: hashlib.sha256(text).hexdigest() for name, text in files.items()}
    assert {f"{name}.csv" for name in SETS} | {"nist_certified.csv"} == set(files)
    assert sum(map(len, files.values())) < 200_000


def test_readme_gives_every_licence():
    readme = (DATA / "README.md").read_text(encoding="utf-8")
    for _, _, licence, _ in SETS.values():
        assert licence in readme
