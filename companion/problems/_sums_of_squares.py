"""Sums of squares, most of them from the collection of Moré, Garbow and Hillstrom."""

import numpy as np

from companion._shared.arguments import as_count, as_positive
from companion.problems._problem import Problem
from companion.problems._quadratics import column, dot


def booth():
    """Booth's quadratic: f(x) = (x₁ + 2x₂ − 7)² + (2x₁ + x₂ − 5)².

    Returns
    -------
    Problem
        With n = 2 and minimizer (1, 3).

    Examples
    --------
    >>> from companion.problems import booth
    >>> f = booth()
    >>> print(f(f.x0), f(f.minimizers[0]))
    74.0 0.0

    References
    ----------
    M. Jamil and X.-S. Yang, "A literature survey of benchmark functions for global optimisation
    problems", Int. J. Math. Modelling and Numerical Optimisation 4 (2013), function 17.
    """

    def r(x):
        x1, x2 = x
        return x1 + 2 * x2 - 7, 2 * x1 + x2 - 5

    return sum_of_squares("Booth", r, lambda x: [[1, 2], [2, 1]], None, [0, 0], [[1, 3]])


def himmelblau():
    """Himmelblau's function, with four minimizers: f(x) = (x₁² + x₂ − 11)² + (x₁ + x₂² − 7)².

    Returns
    -------
    Problem
        With n = 2; f = 0 at all four minimizers.

    Examples
    --------
    >>> from companion.problems import himmelblau
    >>> f = himmelblau()
    >>> print(f(f.x0), f(f.minimizers[0]))
    170.0 0.0

    References
    ----------
    D. M. Himmelblau, *Applied Nonlinear Programming*, McGraw-Hill, 1972.
    """

    def r(x):
        x1, x2 = x
        return x1**2 + x2 - 11, x1 + x2**2 - 7

    def J(x):
        x1, x2 = x
        return [[2 * x1, 1], [1, 2 * x2]]

    def S(x):
        r1, r2 = r(x)
        return np.diag([2 * r1, 2 * r2])

    minimizers = [
        [3, 2],
        [-2.805118086952745, 3.1313125182505730],
        [-3.779310253377747, -3.283185991286170],
        [3.584428340330492, -1.848126526964404],
    ]
    return sum_of_squares("Himmelblau", r, J, S, [0, 0], minimizers)


# ---------------------------------------------------------------------------------------------
# From the collection of Moré, Garbow and Hillstrom


def rosenbrock(n=2, *, steepness=100.0):
    """Rosenbrock's curved valley, chained: f(x) = Σ s (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)².

    Parameters
    ----------
    n : int
        At least 2.
    steepness : float
        s, positive: 100 in the literature. With 1 the valley is gentle (eq:gentle-valley).

    Returns
    -------
    Problem
        With minimizer (1, …, 1) and start (−1.2, 1, −1.2, …).

    Raises
    ------
    ValueError
        If n or steepness is not as above.

    Examples
    --------
    >>> from companion.problems import rosenbrock
    >>> f = rosenbrock()
    >>> print(f"{f(f.x0):.4f}")
    24.2000

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 1.
    """
    n, s = as_count(n, "n", least=2), as_positive(steepness, "steepness")

    def f(x):
        return (s * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2).sum(axis=0)

    def grad(x):
        t, none = x[1:] - x[:-1] ** 2, 0 * x[:1]
        left = -4 * s * x[:-1] * t - 2 * (1 - x[:-1])
        return np.concatenate([left, none]) + np.concatenate([none, 2 * s * t])

    def hess(x):
        diagonal = np.append(12 * s * x[:-1] ** 2 - 4 * s * x[1:] + 2, 0)
        diagonal[1:] += 2 * s
        beside = -4 * s * x[:-1]
        return np.diag(diagonal) + np.diag(beside, 1) + np.diag(beside, -1)

    return Problem("Rosenbrock", f, grad, hess, np.resize([-1.2, 1.0], n), np.ones((1, n)))


def freudenstein_roth():
    """Freudenstein and Roth's function, with a local minimizer that traps.

    f = (−13 + x₁ + ((5 − x₂)x₂ − 2)x₂)² + (−29 + x₁ + ((x₂ + 1)x₂ − 14)x₂)².

    Returns
    -------
    Problem
        With n = 2, f = 0 at (5, 4) and f = 48.98… at the local minimizer.

    Examples
    --------
    >>> from companion.problems import freudenstein_roth
    >>> f = freudenstein_roth()
    >>> print(f"{f(f.minimizers[0]):.4f} {f(f.minimizers[1]):.4f}")
    0.0000 48.9843

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 2.
    """

    def r(x):
        x1, x2 = x
        return -13 + x1 + ((5 - x2) * x2 - 2) * x2, -29 + x1 + ((x2 + 1) * x2 - 14) * x2

    def J(x):
        _, x2 = x
        return [[1, (10 - 3 * x2) * x2 - 2], [1, (3 * x2 + 2) * x2 - 14]]

    def S(x):
        r1, r2 = r(x)
        return np.diag([0, r1 * (10 - 6 * x[1]) + r2 * (6 * x[1] + 2)])

    # There r₁ + r₂ = 0, and r₁ − r₂, which depends on x₂ alone, is stationary: 3x₂² − 4x₂ − 6 = 0.
    x2 = (2 - np.sqrt(22)) / 3
    local = [15 + 4 * x2, x2]
    return sum_of_squares("Freudenstein–Roth", r, J, S, [0.5, -2], [[5, 4], local])


def powell_badly_scaled():
    """Powell's badly scaled function: f(x) = (10⁴x₁x₂ − 1)² + (e^(−x₁) + e^(−x₂) − 1.0001)².

    Returns
    -------
    Problem
        With n = 2 and f = 0 at (1.098…·10⁻⁵, 9.106…) and at its mirror image.

    Examples
    --------
    >>> from companion.problems import powell_badly_scaled
    >>> f = powell_badly_scaled()
    >>> print(f"{f(f.x0):.4f}")
    1.1353

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 3.
    """

    def r(x):
        x1, x2 = x
        return 1e4 * x1 * x2 - 1, np.exp(-x1) + np.exp(-x2) - 1.0001

    def J(x):
        x1, x2 = x
        return [[1e4 * x2, 1e4 * x1], [-np.exp(-x1), -np.exp(-x2)]]

    def S(x):
        r1, r2 = r(x)
        return r1 * np.array([[0, 1e4], [1e4, 0]]) + r2 * np.diag(np.exp(-x))

    small, large = 1.0981593296998171e-05, 9.106146739866524
    minimizers = [[small, large], [large, small]]
    return sum_of_squares("Powell badly scaled", r, J, S, [0, 1], minimizers)


def brown_badly_scaled():
    """Brown's badly scaled function: f(x) = (x₁ − 10⁶)² + (x₂ − 2·10⁻⁶)² + (x₁x₂ − 2)².

    Returns
    -------
    Problem
        With n = 2 and minimizer (10⁶, 2·10⁻⁶).

    Examples
    --------
    >>> from companion.problems import brown_badly_scaled
    >>> f = brown_badly_scaled()
    >>> print(f"{f(f.x0):.4e}")
    1.0000e+12

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 4.
    """

    def r(x):
        x1, x2 = x
        return x1 - 1e6, x2 - 2e-6, x1 * x2 - 2

    def J(x):
        x1, x2 = x
        return [[1, 0], [0, 1], [x2, x1]]

    def S(x):
        return r(x)[2] * np.array([[0, 1], [1, 0]])

    return sum_of_squares("Brown badly scaled", r, J, S, [1, 1], [[1e6, 2e-6]])


def beale():
    """Beale's function: f(x) = Σ (yᵢ − x₁(1 − x₂ⁱ))², with y = (1.5, 2.25, 2.625).

    Returns
    -------
    Problem
        With n = 2 and minimizer (3, 0.5).

    Examples
    --------
    >>> from companion.problems import beale
    >>> f = beale()
    >>> print(f"{f(f.x0):.4f}")
    14.2031

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 5.
    """
    data = [(1, 1.5), (2, 2.25), (3, 2.625)]

    def r(x):
        x1, x2 = x
        return [y - x1 * (1 - x2**i) for i, y in data]

    def J(x):
        x1, x2 = x
        return [[x2**i - 1, i * x1 * x2 ** (i - 1)] for i, _ in data]

    def S(x):
        x1, x2 = x
        r1, r2, r3 = r(x)
        mixed = r1 + 2 * x2 * r2 + 3 * x2**2 * r3
        return np.array([[0, mixed], [mixed, x1 * (2 * r2 + 6 * x2 * r3)]])

    return sum_of_squares("Beale", r, J, S, [1, 1], [[3, 0.5]])


def helical_valley():
    """A valley that winds like a helix: f(x) = 100 (x₃ − 10θ)² + 100 (ρ − 1)² + x₃².

    ρ and 2πθ are the polar coordinates of (x₁, x₂), with −¼ < θ < ¾. The half-angle formula
    θ = ¼ − arctan(x₁/(ρ + x₂))/π is smooth but for the half-line x₁ = 0, x₂ ≤ 0.

    Returns
    -------
    Problem
        With n = 3 and minimizer (1, 0, 0).

    Examples
    --------
    >>> from companion.problems import helical_valley
    >>> f = helical_valley()
    >>> print(f"{f(f.x0):.4f}")
    2500.0000

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 7.
    """

    def r(x):
        x1, x2, x3 = x
        rho = np.sqrt(x1**2 + x2**2)
        theta = 1 / 4 - np.arctan(x1 / (rho + x2)) / np.pi
        return 10 * (x3 - 10 * theta), 10 * (rho - 1), x3

    def J(x):
        x1, x2, _ = x
        rho = np.sqrt(x1**2 + x2**2)
        turn = 50 / (np.pi * rho**2)  # −100 ∂θ/∂x = turn (x₂, −x₁)
        return [[turn * x2, -turn * x1, 10], [10 * x1 / rho, 10 * x2 / rho, 0], [0, 0, 1]]

    def S(x):
        x1, x2, _ = x
        r1, r2, _ = r(x)
        rho = np.sqrt(x1**2 + x2**2)
        twist = np.array([[-2 * x1 * x2, x1**2 - x2**2], [x1**2 - x2**2, 2 * x1 * x2]])
        ring = np.array([[x2**2, -x1 * x2], [-x1 * x2, x1**2]])
        H = np.zeros((3, 3))
        H[:2, :2] = r1 * 50 / (np.pi * rho**4) * twist + r2 * 10 / rho**3 * ring
        return H

    return sum_of_squares("helical valley", r, J, S, [-1, 0, 0], [[1, 0, 0]])


def box_three_dimensional():
    """Box's function: f(x) = Σ (e^(−tx₁) − e^(−tx₂) − x₃(e^(−t) − e^(−10t)))², t = 0.1, …, 1.

    Returns
    -------
    Problem
        With n = 3 and f = 0 at (1, 10, 1), at (10, 1, −1), and where x₁ = x₂ and x₃ = 0.

    Examples
    --------
    >>> from companion.problems import box_three_dimensional
    >>> f = box_three_dimensional()
    >>> print(f"{f(f.x0):.4f}")
    1031.1538

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 12.
    """
    times = np.arange(1, 11) / 10

    def r(x):
        x1, x2, x3 = x
        return [
            np.exp(-t * x1) - np.exp(-t * x2) - x3 * (np.exp(-t) - np.exp(-10 * t)) for t in times
        ]

    def J(x):
        x1, x2, _ = x
        return [
            [-t * np.exp(-t * x1), t * np.exp(-t * x2), np.exp(-10 * t) - np.exp(-t)] for t in times
        ]

    def S(x):
        x1, x2, _ = x
        weights = times**2 * r(x)
        first, second = weights @ np.exp(-times * x1), weights @ np.exp(-times * x2)
        return np.diag([first, -second, 0])

    minimizers = [[1, 10, 1], [10, 1, -1]]
    return sum_of_squares("Box three-dimensional", r, J, S, [0, 10, 20], minimizers)


def powell_singular():
    """Powell's function, whose Hessian is singular at the minimizer.

    f(x) = (x₁ + 10x₂)² + 5 (x₃ − x₄)² + (x₂ − 2x₃)⁴ + 10 (x₁ − x₄)⁴.

    Returns
    -------
    Problem
        With n = 4 and minimizer 0.

    Examples
    --------
    >>> from companion.problems import powell_singular
    >>> f = powell_singular()
    >>> print(f"{f(f.x0):.4f}")
    215.0000

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 13.
    """
    root5, root10 = np.sqrt(5), np.sqrt(10)

    def r(x):
        x1, x2, x3, x4 = x
        return x1 + 10 * x2, root5 * (x3 - x4), (x2 - 2 * x3) ** 2, root10 * (x1 - x4) ** 2

    def J(x):
        x1, x2, x3, x4 = x
        u, v = 2 * (x2 - 2 * x3), 2 * root10 * (x1 - x4)
        return [[1, 10, 0, 0], [0, 0, root5, -root5], [0, u, -2 * u, 0], [v, 0, 0, -v]]

    def S(x):
        _, _, r3, r4 = r(x)
        a, b = np.array([0, 1, -2, 0]), np.array([1, 0, 0, -1])
        return 2 * r3 * np.outer(a, a) + 2 * root10 * r4 * np.outer(b, b)

    return sum_of_squares("Powell singular", r, J, S, [3, -1, 0, 1], [[0, 0, 0, 0]])


def wood():
    """Wood's function, which has a saddle near the way down.

    f(x) = 100 (x₂ − x₁²)² + (1 − x₁)² + 90 (x₄ − x₃²)² + (1 − x₃)² + 10 (x₂ + x₄ − 2)²
    + 0.1 (x₂ − x₄)².

    Returns
    -------
    Problem
        With n = 4 and minimizer (1, 1, 1, 1).

    Examples
    --------
    >>> from companion.problems import wood
    >>> f = wood()
    >>> print(f"{f(f.x0):.4f}")
    19192.0000

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 14.
    """
    root10, root90 = np.sqrt(10), np.sqrt(90)

    def r(x):
        x1, x2, x3, x4 = x
        left, right = (10 * (x2 - x1**2), 1 - x1), (root90 * (x4 - x3**2), 1 - x3)
        return *left, *right, root10 * (x2 + x4 - 2), (x2 - x4) / root10

    def J(x):
        x1, _, x3, _ = x
        return [
            [-20 * x1, 10, 0, 0],
            [-1, 0, 0, 0],
            [0, 0, -2 * root90 * x3, root90],
            [0, 0, -1, 0],
            [0, root10, 0, root10],
            [0, 1 / root10, 0, -1 / root10],
        ]

    def S(x):
        r1, _, r3, *_ = r(x)
        return np.diag([-20 * r1, 0, -2 * root90 * r3, 0])

    return sum_of_squares("Wood", r, J, S, [-3, -1, -3, -1], [[1, 1, 1, 1]])


def brown_dennis():
    """Brown and Dennis's function, whose residuals stay large.

    f(x) = Σ ((x₁ + tx₂ − eᵗ)² + (x₃ + x₄ sin t − cos t)²)², t = 0.2, 0.4, …, 4.

    Returns
    -------
    Problem
        With n = 4 and f = 85822.2016… at the minimizer.

    Examples
    --------
    >>> from companion.problems import brown_dennis
    >>> f = brown_dennis()
    >>> print(f"{f(f.minimizers[0]):.4f}")
    85822.2016

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 16.
    """
    times = np.arange(1, 21) / 5

    def parts(x):
        x1, x2, x3, x4 = x
        return [(x1 + t * x2 - np.exp(t), x3 + x4 * np.sin(t) - np.cos(t)) for t in times]

    def r(x):
        return [u**2 + v**2 for u, v in parts(x)]

    def J(x):
        return [
            [2 * u, 2 * t * u, 2 * v, 2 * np.sin(t) * v]
            for t, (u, v) in zip(times, parts(x), strict=True)
        ]

    def S(x):
        H, r_x = np.zeros((4, 4)), np.array(r(x))
        for a, first in (
            (np.stack([times**0, times]), 0),
            (np.stack([times**0, np.sin(times)]), 2),
        ):
            H[first : first + 2, first : first + 2] = 2 * (a * r_x) @ a.T
        return H

    minimizer = [-11.594439904762165, 13.203630051207204, -0.4034394881768595, 0.2367787744557363]
    return sum_of_squares("Brown–Dennis", r, J, S, [25, 5, -5, -1], [minimizer])


def variably_dimensioned(n=10):
    """A bowl with one direction far steeper than the rest: f(x) = ‖x − 1‖² + s² + s⁴.

    s = Σ i (xᵢ − 1).

    Parameters
    ----------
    n : int

    Returns
    -------
    Problem
        With minimizer (1, …, 1).

    Examples
    --------
    >>> from companion.problems import variably_dimensioned
    >>> f = variably_dimensioned()
    >>> print(f"{f(f.x0):.4e}")
    2.1986e+06

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 25.
    """
    i = np.arange(1, as_count(n, "n") + 1)

    def f(x):
        s = dot(i, x - 1)
        return ((x - 1) ** 2).sum(axis=0) + s**2 + s**4

    def grad(x):
        s = dot(i, x - 1)
        return 2 * (x - 1) + column(i, x) * (2 * s + 4 * s**3)

    def hess(x):
        s = dot(i, x - 1)
        return 2 * np.eye(n) + (2 + 12 * s**2) * np.outer(i, i)

    return Problem("variably dimensioned", f, grad, hess, 1 - i / n, np.ones((1, n)))


def trigonometric(n=10):
    """The trigonometric function: f(x) = Σ rᵢ², rᵢ = n − Σⱼ cos xⱼ + i (1 − cos xᵢ) − sin xᵢ.

    Parameters
    ----------
    n : int

    Returns
    -------
    Problem
        With f = 0 at the minimizer 0; from the start, descent often ends in a local minimizer.

    Examples
    --------
    >>> from companion.problems import trigonometric
    >>> f = trigonometric()
    >>> print(f"{f(f.x0):.4e}")
    7.0758e-03

    References
    ----------
    J. J. Moré, B. S. Garbow and K. E. Hillstrom, "Testing unconstrained optimization software",
    ACM Trans. Math. Software 7 (1981), function 26.
    """
    i = np.arange(1, as_count(n, "n") + 1)

    def r(x):
        return n - np.cos(x).sum(axis=0) + column(i, x) * (1 - np.cos(x)) - np.sin(x)

    def f(x):
        return (r(x) ** 2).sum(axis=0)

    # ∂rᵢ/∂xⱼ = sin xⱼ + (own slope) where i = j.
    def own_slope(x):
        return column(i, x) * np.sin(x) - np.cos(x)

    def grad(x):
        return 2 * (np.sin(x) * r(x).sum(axis=0) + own_slope(x) * r(x))

    def hess(x):
        J = np.sin(x) + np.diag(own_slope(x))
        bend = np.cos(x) * r(x).sum() + (i * np.cos(x) + np.sin(x)) * r(x)
        return 2 * (J.T @ J + np.diag(bend))

    return Problem("trigonometric", f, grad, hess, np.full(n, 1 / n), np.zeros((1, n)))


def sum_of_squares(name, r, J, S, x0, minimizers):
    """f = Σ rᵢ², with gradient 2Jᵀr and Hessian 2(JᵀJ + S), where S = Σ rᵢ∇²rᵢ."""

    def f(x):
        return sum(r_i**2 for r_i in r(x))

    def grad(x):
        r_x = r(x)
        columns = zip(*J(x), strict=True)
        return 2 * np.stack(
            [sum(J_ij * r_i for J_ij, r_i in zip(column, r_x, strict=True)) for column in columns]
        )

    def hess(x):
        J_x = np.array(J(x), dtype=float)
        return 2 * (J_x.T @ J_x + (0 if S is None else S(x)))

    return Problem(name, f, grad, hess, x0, minimizers)
