"""Small real data sets, with their source, their licence and, for NIST's, the certified answers."""

import csv
from dataclasses import dataclass
from importlib.resources import files

import numpy as np

from companion._shared.arguments import as_choice

_NIST = (
    "National Institute of Standards and Technology, Statistical Reference Datasets, "
    "https://www.itl.nist.gov/div898/strd/lls/lls.shtml"
)
_NIST_LICENCE = (
    "Published by NIST, an agency of the US government, free of charge for testing software "
    "(NIST Standard Reference Database 140)"
)
_WAMPLER = "R. H. Wampler (1970): a polynomial of degree 5 in x = 0, 1, …, 20"

# name: (description, source, licence, degree of the model)
SETS = {
    "longley": (
        "J. W. Longley (1967): employment in the USA (thousands) and six economic series for each "
        "year from 1947 to 1962, almost collinear",
        _NIST,
        _NIST_LICENCE,
        1,
    ),
    "norris": (
        "J. Norris: readings of an ozone monitor against NIST's standard instrument",
        _NIST,
        _NIST_LICENCE,
        1,
    ),
    "wampler1": (f"{_WAMPLER}, exact, with coefficients 1", _NIST, _NIST_LICENCE, 5),
    "wampler2": (f"{_WAMPLER}, exact, with coefficients 10⁻ᵏ", _NIST, _NIST_LICENCE, 5),
    "wampler3": (f"{_WAMPLER}, with errors of the order of 10³", _NIST, _NIST_LICENCE, 5),
    "wampler4": (f"{_WAMPLER}, with errors of the order of 10⁵", _NIST, _NIST_LICENCE, 5),
    "wampler5": (f"{_WAMPLER}, with errors of the order of 10⁷", _NIST, _NIST_LICENCE, 5),
    "breast_cancer": (
        "W. Wolberg, O. Mangasarian, N. Street and W. Street (1993): measurements of the cell "
        "nuclei in 569 images of breast masses, and whether each was malignant (1) or benign (0)",
        "UCI Machine Learning Repository, Breast Cancer Wisconsin (Diagnostic), "
        "https://doi.org/10.24432/C5DW2B, from the copy in scikit-learn 1.9.1; here the class is "
        "the first column, and 1 is malignant",
        "CC BY 4.0",
        1,
    ),
    "el_nino": (
        "Monthly mean sea surface temperature (°C) off Peru, 0–10° S and 80–90° W, one row for "
        "each year from 1950 to 2010: December, to be predicted from the months before",
        "US National Oceanic and Atmospheric Administration, ERSST.v3b, region Niño 1+2, "
        "https://www.cpc.ncep.noaa.gov/data/indices/, from the copy in statsmodels 0.15.0",
        "Public domain (a work of the US government)",
        1,
    ),
}


@dataclass(frozen=True, eq=False)
class Certified:
    """The answers that NIST certifies, to 15 digits.

    Attributes
    ----------
    x : array, shape (n,)
        The minimizer of ‖Ax − y‖.
    deviations : array, shape (n,)
        The standard deviations of its entries.
    residual_deviation : float
        ‖Ax − y‖ / √(m − n).
    """

    x: np.ndarray
    deviations: np.ndarray
    residual_deviation: float


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """A table of numbers: what to predict, from what, and where it comes from.

    Attributes
    ----------
    name, description, source, licence : str
        What it is, where it comes from, on what terms.
    response : str
        The name of what is to be predicted.
    columns : tuple of str
        The names of the k variables to predict it from.
    y : array, shape (m,)
        The response.
    X : array, shape (m, k)
        The variables, one row for each observation.
    degree : int
        The degree of the model, 1 unless it is a polynomial.
    certified : Certified or None
        The certified least squares fit of A x to y, where there is one.
    """

    name: str
    description: str
    source: str
    licence: str
    response: str
    columns: tuple
    y: np.ndarray
    X: np.ndarray
    degree: int
    certified: Certified | None

    @property
    def A(self):
        """The matrix of the model: a column of ones, then X, X², …, up to `degree`.

        Its shape is (m, 1 + k · degree).
        """
        powers = [self.X**k for k in range(1, self.degree + 1)]
        return np.hstack([np.ones((len(self.y), 1)), *powers])

    def __repr__(self):
        m, k = self.X.shape
        plural = "" if k == 1 else "s"
        lines = [
            f"Dataset {self.name}: {m} observations of {self.response} and {k} variable{plural}"
        ]
        lines += [f"  {self.description}."]
        lines += [f"  source: {self.source}", f"  licence: {self.licence}"]
        return "\n".join(lines)


def load(name):
    """A data set that comes with the package.

    Parameters
    ----------
    name : str
        ``"longley"``, ``"norris"`` and ``"wampler1"`` to ``"wampler5"``, linear regressions that
        NIST certifies; ``"breast_cancer"``, a classification in two classes; ``"el_nino"``, a
        regression on variables that move together.

    Returns
    -------
    Dataset
        With new arrays at each call.

    Raises
    ------
    ValueError
        If the name is unknown; the message lists the known ones.

    Examples
    --------
    >>> from companion.datasets import load
    >>> data = load("norris")
    >>> data.A.shape, data.y.shape
    ((36, 2), (36,))
    >>> print(f"{data.certified.x[1]:.14f}")
    1.00211681802045

    References
    ----------
    J. Rogers et al., *StRD: Statistical Reference Datasets for assessing the numerical
    accuracy of statistical software*, NIST TN 1396 (1998).
    """
    as_choice(name, "name", tuple(SETS))
    description, source, licence, degree = SETS[name]
    (response, *columns), *rows = _read(name)
    table = np.array(rows, dtype=float)
    return Dataset(
        name=name,
        description=description,
        source=source,
        licence=licence,
        response=response,
        columns=tuple(columns),
        y=table[:, 0].copy(),
        X=table[:, 1:].copy(),
        degree=degree,
        certified=_certified(name),
    )


def _certified(name):
    rows = [row[1:] for row in _read("nist_certified") if row[0] == name]
    if not rows:
        return None
    *coefficients, (_, _, residual_deviation) = rows
    x, deviations = np.array([row[1:] for row in coefficients], dtype=float).T
    return Certified(x.copy(), deviations.copy(), float(residual_deviation))


def _read(name):
    """The rows of a file of companion/datasets/data, the heading first."""
    text = (files("companion.datasets") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.reader(text.splitlines()))
