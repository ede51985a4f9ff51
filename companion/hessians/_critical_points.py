"""What the eigenvalues of the Hessian say of a critical point."""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_matrix, as_positive, as_vector
from companion.results import describe


@dataclass(frozen=True, repr=False, eq=False)
class CriticalPoint:
    """What the second derivative test says of a point.

    Attributes
    ----------
    kind : str
        "minimum", "maximum" or "saddle" where the eigenvalues decide; "degenerate" where some are
        0 and the others of one sign, so that higher derivatives decide; "not critical" where the
        gradient is not 0.
    eigenvalues : array, shape (n,)
        Those of H, ascending.
    """

    kind: str
    eigenvalues: np.ndarray

    def __repr__(self):
        return f"CriticalPoint: {self.kind}, eigenvalues {describe(self.eigenvalues)}"


def classify_critical_point(g, H, *, tol=1e-8):
    """Minimum, maximum, saddle, or undecided: the second derivative test.

    Parameters
    ----------
    g : array, shape (n,)
        The gradient. It counts as 0 when ‖g‖ <= tol max(1, ``max|λ|``).
    H : array, shape (n, n)
        The Hessian, symmetric.
    tol : float
        An eigenvalue λ counts as 0 when ``|λ| <= tol max|λ|``.

    Returns
    -------
    CriticalPoint
        The kind, and the eigenvalues that it rests on.

    Raises
    ------
    ValueError
        If H is not symmetric, or an argument has the wrong shape or is not finite.

    Examples
    --------
    >>> from companion.hessians import classify_critical_point
    >>> import numpy as np
    >>> classify_critical_point([0, 0], np.diag([2, -1]))
    CriticalPoint: saddle, eigenvalues [-1, 2]
    >>> classify_critical_point([0], [[0]]).kind  # x³, x⁴ or −x⁴: H cannot tell
    'degenerate'

    References
    ----------
    J. Nocedal and S. J. Wright, Numerical Optimization, 2nd ed. (2006), section 2.1.
    """
    g = as_vector(g, "g")
    H = as_matrix(H, "H", shape=(len(g), len(g)))
    tol = as_positive(tol, "tol")
    if np.abs(H - H.T).max() > 1e-6 * np.abs(H).max():
        raise ValueError(f"H must be symmetric; H − Hᵀ has entries up to {np.abs(H - H.T).max():g}")
    eigenvalues = np.linalg.eigvalsh((H + H.T) / 2)
    largest = np.abs(eigenvalues).max()
    positive = (eigenvalues > tol * largest).sum()
    negative = (eigenvalues < -tol * largest).sum()
    if np.linalg.norm(g) > tol * max(1.0, largest):
        kind = "not critical"
    elif positive and negative:
        kind = "saddle"
    elif positive == len(g):
        kind = "minimum"
    elif negative == len(g):
        kind = "maximum"
    else:
        kind = "degenerate"
    return CriticalPoint(kind, eigenvalues)
