"""The table of derivatives: ∂y/∂x of each elementwise function of numpy, a line each.

Forward and reverse mode both read it. A function that is not here has no elementwise derivative,
or is a combination of others, in `companion.traced_functions`.
"""

import numpy as np

from companion.linear_maps import Operand, Scale, derive, value_of


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
