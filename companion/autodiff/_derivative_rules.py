"""The tables of derivatives: ∂y/∂x of elementwise functions, and dY of functions of matrices.

Forward and reverse mode both read them, a line for each function of numpy. A function that is not
here is a combination of others, in ``_traced_functions`` or ``_traced_linalg``.

The rules of matrices have been published: for inv, cholesky, eigh and svd by M. B. Giles,
*Collected matrix derivative results for forward and reverse mode algorithmic differentiation*,
Advances in Automatic Differentiation (2008), 35–44; for the vectors of svd by J. Townsend,
*Differentiating the singular value decomposition* (2016); for qr by S. F. Walter and L. Lehmann,
*Algorithmic differentiation of linear algebra functions with application in optimum experimental
design* (2010), arXiv:1001.1654; for pinv by G. H. Golub and V. Pereyra, *The differentiation of
pseudo-inverses and nonlinear least squares problems whose variables separate*, SIAM J. Numer.
Anal. 10 (1973), 413–432.
"""

import numpy as np

from companion.autodiff._linear_maps import Operand, Scale, derive, value_of


def power_in_base(x, y):
    """y·x^(y−1), and 0 for y = 0, where x⁰ = 1 for every x."""
    return y * x ** np.where(y == 0, 1.0, y - 1.0)


def power_in_exponent(x, y):
    """x^y·log x, and 0 for x = 0 < y, where 0^y = 0 for all exponents near y."""
    return np.where((x == 0) & (y > 0), 0.0, x**y * np.log(x))


def arctan2_in_first(y, x):
    """x/(x² + y²), and none on the cut y = 0 > x, where the angle jumps from π to −π."""
    return np.where((y == 0) & (x < 0), np.nan, x / np.hypot(x, y) ** 2)


def flat(jumps):
    """Slope 0 wherever the function is constant nearby, and none, NaN, where it jumps."""
    return np.where(jumps, np.nan, 0.0)


# y = f(x): dy/dx
UNARY = {
    np.positive: lambda x: 1,
    np.negative: lambda x: -1,
    np.conjugate: lambda x: 1,
    np.square: lambda x: 2 * x,
    np.sqrt: lambda x: 0.5 / np.sqrt(x),
    np.cbrt: lambda x: 1 / (3 * np.cbrt(x) ** 2),
    np.reciprocal: lambda x: -1 / x**2,
    np.exp: lambda x: np.exp(x),
    np.exp2: lambda x: np.log(2) * np.exp2(x),
    np.expm1: lambda x: np.exp(x),
    np.log: lambda x: 1 / x,
    np.log2: lambda x: 1 / (x * np.log(2)),
    np.log10: lambda x: 1 / (x * np.log(10)),
    np.log1p: lambda x: 1 / (1 + x),
    np.sin: lambda x: np.cos(x),
    np.cos: lambda x: -np.sin(x),
    np.tan: lambda x: 1 / np.cos(x) ** 2,
    np.arcsin: lambda x: 1 / np.sqrt((1 - x) * (1 + x)),
    np.arccos: lambda x: -1 / np.sqrt((1 - x) * (1 + x)),
    np.arctan: lambda x: 1 / (1 + x**2),
    np.sinh: lambda x: np.cosh(x),
    np.cosh: lambda x: np.sinh(x),
    np.tanh: lambda x: 1 / np.cosh(x) ** 2,
    np.arcsinh: lambda x: 1 / np.hypot(1, x),
    np.arccosh: lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)),
    np.arctanh: lambda x: 1 / ((1 - x) * (1 + x)),
    np.degrees: lambda x: 180 / np.pi,
    np.rad2deg: lambda x: 180 / np.pi,
    np.radians: lambda x: np.pi / 180,
    np.deg2rad: lambda x: np.pi / 180,
    np.floor: lambda x: flat(x == np.floor(x)),
    np.ceil: lambda x: flat(x == np.floor(x)),
    np.trunc: lambda x: flat((x == np.floor(x)) & (x != 0)),
    np.rint: lambda x: flat(np.abs(x - np.trunc(x)) == 0.5),
    np.sign: lambda x: flat(x == 0),
}

# z = f(x, y): ∂z/∂x, ∂z/∂y
BINARY = {
    np.add: (lambda x, y: 1, lambda x, y: 1),
    np.subtract: (lambda x, y: 1, lambda x, y: -1),
    np.multiply: (lambda x, y: y, lambda x, y: x),
    np.divide: (lambda x, y: 1 / y, lambda x, y: -(x / y) / y),
    np.power: (power_in_base, power_in_exponent),
    np.float_power: (power_in_base, power_in_exponent),
    np.hypot: (lambda x, y: x / np.hypot(x, y), lambda x, y: y / np.hypot(x, y)),
    np.arctan2: (arctan2_in_first, lambda y, x: -(y / np.hypot(x, y) ** 2)),
    np.logaddexp: (lambda x, y: 1 / (1 + np.exp(y - x)), lambda x, y: 1 / (1 + np.exp(x - y))),
    np.logaddexp2: (lambda x, y: 1 / (1 + np.exp2(y - x)), lambda x, y: 1 / (1 + np.exp2(x - y))),
    np.floor_divide: (lambda x, y: flat(x % y == 0), lambda x, y: flat(x % y == 0)),
    np.remainder: (lambda x, y: 1 + flat(x % y == 0), lambda x, y: flat(x % y == 0) - x // y),
    np.fmod: (
        lambda x, y: 1 + jump_of_fmod(x, y),
        lambda x, y: jump_of_fmod(x, y) - np.trunc(x / y),
    ),
    np.copysign: (
        lambda x, y: np.copysign(1.0, x) * np.copysign(1.0, y) + flat(x == 0),
        lambda x, y: flat(y == 0),
    ),
    np.heaviside: (lambda x, y: flat(x == 0), lambda x, y: np.where(x == 0, 1.0, 0.0)),
}


def inv(dA, A, Y):
    """A·Y = I gives dA·Y + A·dY = 0."""
    return -Y @ dA @ Y


def pinv(dA, A, Y):
    """As Y is A⁻¹ between the column spaces of Aᵀ and A; these turn, while the rank stays."""
    m, n = A.shape[-2:]
    turns = Y @ Y.mT @ dA.mT @ (np.eye(m) - A @ Y) + (np.eye(n) - Y @ A) @ dA.mT @ Y.mT @ Y
    return turns - Y @ dA @ Y


def cholesky(dA, A, L):
    """L⁻¹·dA·L⁻ᵀ = S is M + Mᵀ, where M = L⁻¹·dL is lower triangular."""
    K = np.linalg.inv(L)
    S = K @ dA @ K.mT
    return L @ (np.tril(S) - np.eye(S.shape[-1]) * S / 2)


def qr(dA, A, Q, R):
    """QᵀdA = Ω·R + dR, where Ω = QᵀdQ is skew and dR upper triangular; the first columns tell Ω."""
    k = Q.shape[-1]
    C = dA[..., :k] @ np.linalg.inv(R[..., :k])
    below = np.tril(Q.mT @ C, -1)
    Omega = below - below.mT
    return C - Q @ (Q.mT @ C) + Q @ Omega, Q.mT @ dA - Omega @ R


def eigh(dA, A, w, V, gap):
    """VᵀdAV = P is dW + Ω·W − W·Ω, where Ω = VᵀdV is skew; gap_ij = w_j − w_i, ∞ for i = j."""
    P = V.mT @ dA @ V
    return np.diagonal(P, 0, -2, -1), V @ (P / gap)


def svd(dA, A, U, s, Vt, gap, total, size, sign):
    """UᵀdAV = P is Ω·S + dS − S·Ψ; Ω = UᵀdU and Ψ = VᵀdV are skew; total_ij = s_i + s_j."""
    V = Vt.mT
    P = U.mT @ dA @ V
    both, apart = (P + P.mT) / (2 * gap), (P - P.mT) / (2 * total)
    B, C = dA @ V / size, dA.mT @ U / size
    dU = U @ (both + apart) + B - U @ (U.mT @ B)
    dV = V @ (both - apart) + C - V @ (V.mT @ C)
    return dU, np.diagonal(P, 0, -2, -1) * sign, dV.mT


# Y = f(A), or several Y: dY, a linear function of dA. The other arrays are plain.
MATRIX = {
    np.linalg.inv: inv,
    np.linalg.pinv: pinv,
    np.linalg.cholesky: cholesky,
    np.linalg.qr: qr,
    np.linalg.eigh: eigh,
    np.linalg.svd: svd,
}

# Comparisons and tests: true or false, of the values alone.
WITHOUT_DERIVATIVE = {
    np.equal,
    np.not_equal,
    np.less,
    np.less_equal,
    np.greater,
    np.greater_equal,
    np.logical_and,
    np.logical_or,
    np.logical_xor,
    np.logical_not,
    np.isfinite,
    np.isinf,
    np.isnan,
    np.signbit,
}


def jump_of_fmod(x, y):
    """The remainder with the sign of x jumps at multiples of y other than 0."""
    return flat((np.fmod(x, y) == 0) & (x != 0))


def elementwise(ufunc, *operands):
    """Apply a ufunc of the tables: dz = ∂z/∂x dx + ∂z/∂y dy."""
    values = [value_of(x) for x in operands]
    slopes = BINARY[ufunc] if len(operands) == 2 else (UNARY[ufunc],)
    z = ufunc(*values)
    terms = [
        (x, Scale(slope(*values), z.shape))
        for x, slope in zip(operands, slopes, strict=True)
        if isinstance(x, Operand)
    ]
    return derive(z, *terms)
