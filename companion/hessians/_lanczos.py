"""The extreme eigenvalues of a symmetric matrix that is known only by its products with vectors.

The algorithm of Lanczos, in plain words: start from a random unit vector; multiply the last vector
by H, make the product orthogonal to all vectors so far, and append it. In this basis V the matrix
M = VᵀHV is small, and its extreme eigenvalues θ approach those of H. When the basis is full, keep
the vectors Vs of the θ at both ends, and go on from there.
"""

from dataclasses import dataclass

import numpy as np

from companion._shared.arguments import as_count, as_function, as_positive
from companion._shared.calls import evaluate
from companion._shared.floats import EPS
from companion.results import Report, Status

BASIS_BYTES = 256_000_000
SMALLEST_BASIS, LARGEST_BASIS = 8, 2000
FIRST_LOOK = 20  # steps before convergence is believed
COLUMNS = 2**12


@dataclass(frozen=True, repr=False, eq=False)
class ExtremeEigenvalues(Report):
    """The smallest and the largest eigenvalue of H, and how far to believe them.

    Attributes
    ----------
    smallest, largest : float
        θ at either end.
    residuals : array, shape (2,)
        ‖Hy − θy‖ for the unit vectors y that belong to them, computed afresh. H has an eigenvalue
        within this distance of θ; that it is the extreme one, no residual can prove.
    status : Status
        CONVERGED when both residuals are at most tol times the largest ``|θ|``.
    n_iter : int
        Number of products with H, besides the two that gave the residuals.
    """

    smallest: float
    largest: float
    residuals: np.ndarray
    status: Status
    n_iter: int


def extreme_eigenvalues(hvp, n, *, tol=1e-6, max_iter=None, seed=0):
    """The smallest and largest eigenvalue of the symmetric H behind v ↦ Hv, by Lanczos.

    Within the residual of each of the two there is an eigenvalue (eq:residual).

    Parameters
    ----------
    hvp : callable
        Maps v, shape (n,), to Hv, shape (n,).
    n : int
        The size of H.
    tol : float
        How large the residuals may be, relative to the largest ``|θ|``.
    max_iter : int, optional
        The largest number of products with H; by default 1000, or n up to 2000, with which the
        answer is complete.
    seed : int
        Of the random vector to start from.

    Returns
    -------
    ExtremeEigenvalues
        Both eigenvalues, with their residuals. A small residual proves that an eigenvalue is
        near, not that it is the extreme one: a start that all but misses an eigenvector would
        hide its eigenvalue. A random start makes that unlikely.

    Raises
    ------
    ValueError
        If hvp returns anything else than finite real numbers of shape (n,), or is not symmetric:
        uᵀHv ≠ vᵀHu for vectors u, v of the basis.

    Notes
    -----
    In the basis H is tridiagonal (eq:lanczos) until the first restart; the residuals are estimated
    on the way (eq:ritz-residual) and computed at the end. The basis is kept fully orthogonal. It
    takes at most 2000 vectors or 256 MB, whichever is less
    (but 8 vectors in any case); when it is full, the iteration restarts from the best half of it.

    Examples
    --------
    >>> from companion.hessians import extreme_eigenvalues
    >>> import numpy as np
    >>> d = np.linspace(-1, 3, 1000)
    >>> found = extreme_eigenvalues(lambda v: d * v, 1000)
    >>> print(f"{found.smallest:.4f} {found.largest:.4f} {found.status.name}")
    -1.0000 3.0000 CONVERGED

    References
    ----------
    K. Wu and H. Simon, "Thick-Restart Lanczos Method for Large Symmetric Eigenvalue Problems",
    SIAM Journal on Matrix Analysis and Applications 22 (2000).
    """
    as_function(hvp, "hvp")
    n = as_count(n, "n")
    tol = as_positive(tol, "tol")
    if max_iter is None:
        max_iter = max(1000, min(n, LARGEST_BASIS))
    max_iter = as_count(max_iter, "max_iter")
    basis = Basis(hvp, n, np.random.default_rng(as_count(seed, "seed", least=0)))
    next_look = 0
    while basis.n_iter < max_iter and basis.size < n:
        if basis.size == len(basis.V):
            basis.shrink()
            next_look = basis.size + 1
        basis.extend()
        if basis.size >= next_look and basis.age >= FIRST_LOOK:
            next_look = basis.size + 1 + basis.size // 8
            if basis.relative_estimate() <= tol / 2:
                break
    smallest, largest = (basis.eigenpair(end) for end in (0, -1))
    residuals = np.array([smallest[1], largest[1]])
    if (residuals <= tol * max(abs(smallest[0]), abs(largest[0]))).all():
        status = Status.CONVERGED
    else:
        status = Status.MAX_ITER if basis.n_iter == max_iter else Status.STALLED
    return ExtremeEigenvalues(smallest[0], largest[0], residuals, status, basis.n_iter)


class Basis:
    """An orthonormal basis V, in rows, with M = V H Vᵀ; it grows by what H makes of its last row.

    Parameters
    ----------
    hvp : callable
        Maps v to Hv.
    n : int
        The length of v.
    rng : numpy.random.Generator
        Where random vectors come from.
    """

    def __init__(self, hvp, n, rng):
        m = min(n, LARGEST_BASIS, max(SMALLEST_BASIS, BASIS_BYTES // (8 * n)))
        self.hvp, self.rng = hvp, rng
        self.V, self.M = np.empty((m, n)), np.zeros((m, m))
        self.size = self.n_iter = self.age = 0
        self.broke_down, self.unit = False, None
        self.q = self._fresh()  # the next row
        self.coupling = np.zeros(0)  # what M must say of q and the rows so far

    def extend(self):
        """Append q. What remains of Hq beside the basis becomes the next q."""
        j, V, M = self.size, self.V, self.M
        V[j] = self.q
        w = self._multiply(self.q)
        c, beta = self._orthogonalize(w, j + 1)
        scale = max(np.abs(M[:j, :j]).max(initial=0), np.abs(c).max(), beta)
        if np.abs(c[:j] - self.coupling).max(initial=0) > 1e-4 * scale:
            i = np.abs(c[:j] - self.coupling).argmax()
            raise ValueError(
                "hvp must be symmetric, uᵀHv = vᵀHu; for two vectors of the basis "
                f"they are {c[i]:.6g} and {self.coupling[i]:.6g}"
            )
        M[j, : j + 1] = M[: j + 1, j] = c
        self.size, self.n_iter, self.age = j + 1, self.n_iter + 1, self.age + 1
        if beta > 10 * np.sqrt(len(w)) * EPS * scale:
            self.q, self.beta = w / beta, beta
        else:
            # H maps the basis into itself. Another random vector shows what it may have missed.
            self.q, self.beta = self._fresh(), 0.0
            if not self.broke_down:
                self.broke_down, self.age = True, 0
        self.coupling = np.zeros(j + 1)
        self.coupling[j] = self.beta

    def shrink(self):
        """Keep, of the basis, the vectors Vs that belong to the θ at both ends."""
        theta, S = self._ritz()
        quarter = max(1, self.size // 4)
        keep = np.r_[:quarter, -quarter:0]
        theta, S, k = theta[keep], S[:, keep], len(keep)
        for start in range(0, self.V.shape[1], COLUMNS):
            part = self.V[:, start : start + COLUMNS]
            part[:k] = S.T @ part
        self.M[...] = 0.0
        self.M[range(k), range(k)] = theta
        self.coupling = self.beta * S[-1]
        self.size = k

    def relative_estimate(self):
        """The larger of the two residuals, from β and the last entries of s, over max ``|θ|``."""
        theta, S = self._ritz()
        residual = self.beta * np.abs(S[-1, [0, -1]]).max()
        largest = np.abs(theta[[0, -1]]).max()
        return residual / largest if largest > 0 else 0.0

    def eigenpair(self, end):
        """θ = yᵀHy and ‖Hy − θy‖ for the unit vector y = Vs at one end."""
        _, S = self._ritz()
        y = S[:, end] @ self.V[: self.size]
        y /= np.linalg.norm(y)
        Hy = self._multiply(y)
        theta = y @ Hy
        return float(theta * self.unit), float(np.linalg.norm(Hy - theta * y) * self.unit)

    def _multiply(self, v):
        """Hv, in units of the largest entry of the first product: no square overflows."""
        Hv = evaluate(self.hvp, v, "hvp", shape=v.shape)
        self.unit = self.unit or np.abs(Hv).max() or 1.0
        return Hv / self.unit

    def _ritz(self):
        return np.linalg.eigh(self.M[: self.size, : self.size])

    def _fresh(self):
        """A random unit vector, orthogonal to the basis; 0 where the basis is complete."""
        v = self.rng.standard_normal(self.V.shape[1])
        v /= np.linalg.norm(v)
        if self.size == len(v):
            return 0 * v
        self._orthogonalize(v, self.size)
        self._orthogonalize(v, self.size)
        return v / np.linalg.norm(v)

    def _orthogonalize(self, w, j):
        """Take from w its parts along the first j rows; those parts, and the norm of the rest."""
        V = self.V[:j]
        before = np.linalg.norm(w)
        c = V @ w
        w -= c @ V
        after = np.linalg.norm(w)
        if after < 0.7 * before:  # much was cancelled, and its rounding errors are not orthogonal
            d = V @ w
            w -= d @ V
            c, after = c + d, np.linalg.norm(w)
        return c, after
