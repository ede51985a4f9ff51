"""Least squares with a penalty on ‖x‖²."""

from companion._shared.arguments import as_nonnegative
from companion.least_squares._golub_kahan import Bidiagonalization, most_vectors, solve_in_krylov
from companion.least_squares._linear_systems import Operator, as_system, rescaled
from companion.least_squares._regularized import RegularizedLeastSquares


def regularized_solve(A, b, lam):
    """Minimize ½‖Ax − b‖² + λ‖x‖²: x = (AᵀA + 2λI)⁻¹Aᵀb (eq:ls-solution).

    In other words ridge regression with penalty 2λ, or Tikhonov regularization. Computed from the
    singular values of A, without AᵀA: xᵢ = sᵢcᵢ/(sᵢ² + 2λ) along the i-th right singular vector.
    Singular values below the machine epsilon times √(mn), relative to the largest, count as zero,
    so that x tends to the solution of least norm as λ → 0.

    A sparse matrix or an operator is known by its products only. Then x is found within the Krylov
    space of AᵀA and Aᵀb, which is enlarged until the remaining step is at most 10⁻¹² ‖x‖.

    Parameters
    ----------
    A : array, shape (m, n)
        Any shape and rank; or anything with ``.shape``, ``@`` and ``.T``, such as a sparse matrix.
    b : array, shape (m,)
        The right-hand side.
    lam : float
        λ ≥ 0. At 0, x is the limit for λ → 0: the solution of least norm.

    Returns
    -------
    array, shape (n,)

    Raises
    ------
    ValueError
        If A or b is not real, finite and of fitting shape, or lam is negative; if x is out of the
        range of doubles; if only products with A are known and min(m, n) of them, or as many as
        keep the basis below 1 GB, do not suffice.

    References
    ----------
    A. E. Hoerl and R. W. Kennard, "Ridge regression: biased estimation for nonorthogonal
    problems", Technometrics 12 (1970).

    Examples
    --------
    >>> import numpy as np
    >>> from companion.least_squares import regularized_solve
    >>> A, b, lam = np.array([[2.0, 0.0], [0.0, 1.0]]), np.array([2.0, 3.0]), 0.5
    >>> print(np.round(regularized_solve(A, b, lam), 6))
    [0.8 1.5]
    >>> print(np.round(np.linalg.solve(A.T @ A + 2 * lam * np.eye(2), A.T @ b), 6))
    [0.8 1.5]
    """
    system = as_system(A, b, operators=True)
    A, b = system.A, system.b
    lam = rescaled(
        as_nonnegative(lam, "lam"), -2 * system.p, "A or lam", "λ relative to AᵀA", least=0.0
    )
    if isinstance(A, Operator):
        return system.x(_regularized_by_products(A, b, lam))
    return system.x(RegularizedLeastSquares(A, b).x(lam))


def _regularized_by_products(A, b, lam):
    basis = Bidiagonalization(A, b)
    limit = most_vectors(A)
    y, error, complete = solve_in_krylov(basis, lambda _: (basis.solve(lam)[0], lam), 1e-12, limit)
    if not complete:
        raise ValueError(
            f"A must be better conditioned, or lam larger: after {basis.k} products with A and A.T "
            f"the error of x may still be {error:.0e} of its norm"
        )
    return basis.V @ y
