"""Derivatives by steps in any unit of x: the same, to the last bit where units are powers of two.

What f has lost to rounding at steps as long as x says nothing of a unit; longer steps are then
tried, and must not harm. Functions whose own unit is 1 keep their derivatives where x is tiny.
"""

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.hessians import hessian, hessian_vector_product
from companion.jacobians import check_gradient, gradient, jacobian
from companion.jacobians.extrapolation import emerge

POWERS_OF_TWO = 2.0 ** np.array([-40, -20, -7, 7, 40])
POWERS_OF_TEN = 10.0 ** np.array([-12, -6, -2, 2, 6, 12])
FIRST = {"forward": 1e-5, "central": 1e-8, "richardson": 1e-11}  # errors, of sizable derivatives
SECOND = {"forward": 1e-2, "central": 1e-3, "richardson": 1e-6}


class Ordinary:
    """A quadratic with sin, exp and a fraction of 1 to 6 variables, and a point."""

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 7))
        A = rng.standard_normal((n, n))
        self.A, self.b, self.c = A @ A.T + np.eye(n), rng.standard_normal(n), rng.uniform(-1, 1)
        self.w = rng.standard_normal((3, n)) / np.sqrt(n)
        self.x = rng.choice([-1.0, 1.0], n) * rng.uniform(1.0, 2.0, n)
        self.v = rng.standard_normal(n)

    def __call__(self, x):
        p, q, r = self.w @ x
        return self.c + self.b @ x + x @ self.A @ x / 2 + np.sin(p) + np.exp(q) + 1 / (1 + r**2)

    def grad(self, x):
        p, q, r = self.w @ x
        parts = np.array([np.cos(p), np.exp(q), -2 * r / (1 + r**2) ** 2])
        return self.A @ x + self.b + parts @ self.w

    def hess(self, x):
        p, q, r = self.w @ x
        parts = np.array([-np.sin(p), np.exp(q), (6 * r**2 - 2) / (1 + r**2) ** 3])
        return self.A + (self.w.T * parts) @ self.w

    def in_units(self, u):
        """The same function of u x: its value and gradient there, and its point."""
        return (lambda x: self(x / u)), (lambda x: self.grad(x / u) / u), self.x * u


def derivatives(F, u):
    """Of F in units of u: name, what is found, in units of 1, what is right, and the error."""
    f, grad, x = F.in_units(u)
    for method, error in FIRST.items():
        yield f"gradient {method}", gradient(f, x, method) * u, F.grad(F.x), error
    for method, error in SECOND.items():
        yield f"hessian {method}", hessian(f, x, method=method) * u**2, F.hess(F.x), error
    for method in ("forward", "central", "complex-step"):
        product = hessian_vector_product(grad, x, F.v * u, method=method) * u
        yield f"product {method}", product, F.hess(F.x) @ F.v, FIRST["forward"]
    yield "hessian of grad", hessian(None, x, grad=grad) * u**2, F.hess(F.x), FIRST["central"]
    yield "complex step", gradient(f, x, "complex-step") * u, F.grad(F.x), 1e-14


def counted(f):
    """f, and a list that grows with each call."""
    calls = []
    return (lambda x: (calls.append(1), f(x))[1]), calls


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("u", POWERS_OF_TWO)
def test_a_unit_that_is_a_power_of_two_changes_no_bit(seed, u):
    F = Ordinary(seed)
    size = abs(F(F.x))  # what is of this size is not lost, nor are slopes that are far smaller
    slopes = np.abs(F.grad(F.x) * F.x) > 1e-2 * size
    bends = np.abs(np.multiply.outer(F.x, F.x) * F.hess(F.x)) > size
    assert slopes.any()
    ones = derivatives(F, 1.0)
    for (name, ours, right, error), (_, theirs, _, _) in zip(derivatives(F, u), ones, strict=True):
        assert np.abs(ours - right).max() <= error * np.abs(right).max(), name
        where = bends if ours.ndim == 2 else slopes if "gradient" in name else ...
        np.testing.assert_array_equal(ours[where], theirs[where], err_msg=name)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("u", POWERS_OF_TEN)
def test_any_unit_gives_the_digits_of_the_method(seed, u):
    for name, ours, right, error in derivatives(Ordinary(seed), u):
        assert np.abs(ours - right).max() <= error * np.abs(right).max(), name


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("offset", [0.0, 1.0, 1e8])
@pytest.mark.parametrize("size", [1.0, 1e-3, 1e-14, 1e-100])
def test_the_sign_of_f_changes_no_bit_but_signs(seed, offset, size):
    F = Ordinary(seed)
    x = size * F.v

    def found(derivative, sign):
        """It, or nothing where it is refused."""
        try:
            return sign * derivative(lambda x: sign * (offset + F(F.x + x)))
        except ValueError:
            return None

    for method in FIRST:
        for derivative in (
            lambda f, method=method: jacobian(lambda x: f(x) * np.array([1.0, 0.0]), x, method),
            lambda f, method=method: hessian(f, x, method=method),
        ):
            np.testing.assert_array_equal(found(derivative, -1.0), found(derivative, 1.0))


@pytest.mark.parametrize("seed", [74, 273, 316, 339])
@pytest.mark.parametrize("u", [2.0**-7, 1e-2])
def test_forward_hessians_of_small_x_are_as_good_as_others(seed, u):
    F = Ordinary(seed)
    f, _, x = F.in_units(u)
    H = hessian(f, x, method="forward") * u**2
    assert np.abs(H - F.hess(F.x)).max() <= 2e-3 * np.abs(F.hess(F.x)).max()


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("u", POWERS_OF_TWO)
def test_a_unit_costs_no_evaluation(method, u):
    rng = np.random.default_rng(0)
    x, w = rng.uniform(1, 2, 5), rng.uniform(1, 2, 5)
    costs = []
    for unit in (1.0, u):
        f, calls = counted(lambda x, unit=unit: np.exp(w @ x / unit))
        gradient(f, x * unit, method)
        hessian(f, x * unit, method=method)
        costs.append(len(calls))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("u", [1.0, *POWERS_OF_TEN])
def test_a_gradient_is_checked_in_any_unit(u):
    for seed in range(8):
        f, grad, x = Ordinary(seed).in_units(u)
        assert check_gradient(f, grad, x).passed
        wrong = np.zeros(len(x))
        wrong[-1] = 1e-2 * np.abs(grad(x)).max()
        assert not check_gradient(f, lambda x, g=grad, w=wrong: g(x) + w, x).passed


@pytest.mark.parametrize("s", [2.0**-40, 2.0**40])
@pytest.mark.parametrize("size", [1.0, 1e-14])
def test_a_unit_of_f_that_is_a_power_of_two_changes_no_bit_of_a_check(s, size):
    for seed in range(4):
        F = Ordinary(seed)
        x = size * F.v
        for wrong in (0.0, 1e-2):
            plain, other = (
                check_gradient(
                    lambda x, F=F, unit=unit: unit * F(F.x + x),
                    lambda x, F=F, unit=unit, wrong=wrong: unit * (1 + wrong) * F.grad(F.x + x),
                    x,
                )
                for unit in (1.0, s)
            )
            assert other.passed is plain.passed is (wrong == 0)
            assert other.relative_error == plain.relative_error
            assert other.worst == plain.worst


# Where x is small beside the unit of f


@pytest.mark.parametrize("size", 10.0 ** -np.array([1, 2, 3, 5, 14, 20, 100]))
@pytest.mark.parametrize("seed", range(4))
def test_a_function_whose_unit_is_1_has_its_derivatives_at_tiny_x(seed, size):
    F = Ordinary(seed)
    x = size * F.v
    at = F.x + x

    def f(x):
        return F(F.x + x)

    for method, error in (("forward", 1e-3), ("central", 1e-6), ("richardson", 1e-9)):
        g = gradient(f, x, method)
        assert np.abs(g - F.grad(at)).max() <= error * np.abs(F.grad(at)).max()
    for method, error in (("forward", 1e-2), ("central", 1e-2), ("richardson", 1e-4)):
        H = hessian(f, x, method=method)
        assert np.abs(H - F.hess(at)).max() <= error * np.abs(F.hess(at)).max()
    product = hessian_vector_product(lambda x: F.grad(F.x + x), x, F.v)
    np.testing.assert_allclose(product, F.hess(at) @ F.v, atol=1e-6 * np.abs(F.hess(at)).max())


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("size", [1e-3, 1e-6, 1e-12, 1e-30])
def test_each_entry_has_the_unit_that_suits_it(method, size):
    # One variable has its own unit, the other that of f; their slopes share a value of f.
    def f(x):
        return np.log(x[0]) + np.sin(1 + x[1])

    x = np.array([2.0, 3.0]) * size
    error = 1e-3 if method == "forward" else 1e-6
    np.testing.assert_allclose(gradient(f, x, method), [1 / x[0], np.cos(1 + x[1])], rtol=error)
    H = hessian(f, x, method=method)
    np.testing.assert_allclose(np.diag(H), [-1 / x[0] ** 2, -np.sin(1 + x[1])], rtol=1e-2)
    for off, passes in ((0.0, True), (0.1, False)):
        check = check_gradient(f, lambda x, o=off: np.array([1 / x[0], np.cos(1 + x[1]) + o]), x)
        assert check.passed == passes


@pytest.mark.parametrize("method", ["forward", "central", "richardson"])
@pytest.mark.parametrize("u", [1e-3, 1e-6, 1e-12])
def test_what_is_lost_in_small_units_is_not_made_up_far_away(method, u):
    # Zero slopes, and a fourth power that a step of 1 would see: 0, to the rounding of f.
    def f(x):
        return np.array([3 + 0 * x[0], 2 + (x[0] / u - 1) ** 4, np.tanh(30 + x[0] / u)])

    noise = 8 * 2.0**-52 / (1e-8 if method == "forward" else 1e-6)
    np.testing.assert_allclose(jacobian(f, [u], method)[:2] * u, 0, atol=3 * noise)


TINY = {"forward": 1e-4, "central": 1e-7, "richardson": 1e-9}


@pytest.mark.parametrize("method", TINY)
@given(st.floats(-16, -8), st.integers(0, 10**6))
@settings(deadline=None, derandomize=True, max_examples=40)
def test_a_line_as_long_as_the_steps_decides_at_tiny_x(method, k, seed):
    F = Ordinary(seed)
    x = 10.0**k * F.v
    found, right = gradient(lambda x: F(F.x + x), x, method), F.grad(F.x + x)
    scale = np.abs(right).max() + abs(F(F.x + x))
    np.testing.assert_allclose(found, right, rtol=0, atol=TINY[method] * scale)


@pytest.mark.no_cover
@pytest.mark.parametrize("method", TINY)
@given(
    st.floats(-11, -6),
    st.floats(3, 25),
    st.integers(1, 4),
    st.booleans(),
    st.sampled_from([1e-12, 1.0, 1e12]),
    st.integers(0, 10**6),
)
@settings(deadline=None, derandomize=True, max_examples=60)
def test_what_lies_beyond_the_unit_of_x_makes_up_no_slope(method, k, b, n, beside_1, s, seed):
    # All of x is small, or small beside a component of size 1. Units that are saturated or dead
    # stand still as far as x is long, and move on the long steps.
    rng = np.random.default_rng(seed)
    u, W = 10.0**k, rng.standard_normal((5, n))
    x, bias = u * rng.standard_normal(n), np.array([1.0, 0.5, -b, b, -b])
    if beside_1:
        x = np.append(x, 1.0)

    def f(x):
        z = W @ (x[:n] / u) + bias
        parts = [np.sin(z[0]), np.exp(z[1]), np.tanh(z[2]), np.tanh(z[3]), max(z[4], 0) + 1]
        return s * (np.array(parts) + x[n:].sum())

    z = W @ (x[:n] / u) + bias
    slopes = np.array([np.cos(z[0]), np.exp(z[1]), *np.cosh(z[2:4]) ** -2.0, z[4] > 0])
    J = s * slopes[:, None] * W / u
    with suppress(ValueError):
        found = jacobian(f, x, method)[:, :n]
        error = {"forward": 1e-3, "central": 1e-5, "richardson": 1e-7}[method]
        np.testing.assert_allclose(found, J, rtol=0, atol=error * np.abs(J).max())


@pytest.mark.parametrize("method", TINY)
@pytest.mark.parametrize("c", [0.0, 1.0])
@pytest.mark.parametrize("x", [1e-12, -1e-12, 3e-16, 1e-9])
@pytest.mark.parametrize("unit", [1e-9, 1.0, 1e9])
def test_behind_a_kink_there_is_no_slope_of_a_function_that_is_flat_here(method, c, x, unit):
    for kink in (1e-6, 1e-3, 0.5):
        found = jacobian(lambda x, k=kink: unit * (np.maximum(x - k, 0) + c), [x], method)
        np.testing.assert_array_equal(found, [[0.0]])


def test_a_longer_gradient_step_that_grad_refuses_is_not_taken():
    product = hessian_vector_product(lambda x: 1 + 1e-4 * np.exp(x / 1e-9), [1e-9], [1.0])
    assert product.item() == pytest.approx(1e-4 * np.e / 1e-9, rel=1e-5)


def test_complex_steps_are_a_share_of_x():
    near_1 = pytest.approx(1, rel=1e-14)
    for u in (1e-200, 1e-30, 1.0, 1e30):
        assert hessian_vector_product(np.log, [u], [1.0], method="complex-step") * u == near_1
        assert jacobian(np.log, [u], "complex-step", step=1e-20 * u).item() * u == near_1


# The rule


def climb(f, x, noise, steps):
    def difference(h):
        with np.errstate(all="ignore"):
            return (f(x + h) - f(x - h)) / (2 * h), h, 0.0

    first, *longer = steps
    entries, unit, _ = difference(first)
    lost = np.full(len(x), True)
    return emerge(difference, longer, entries, unit, np.full(len(x), noise), lost)


STEPS = 1e-18 * 30.0 ** np.arange(13)


@pytest.mark.parametrize("scale", [1.0, 1e-2, 1e-4])
def test_steps_climb_until_truncation_shows(scale):
    found = climb(lambda x: np.sin(1 + x / scale), np.array([1e-12 * scale]), 2e-15, scale * STEPS)
    assert found.item() * scale == pytest.approx(np.cos(1), rel=1e-8)


def test_steps_do_not_climb_over_what_is_known():
    x = np.array([0.1])
    first = climb(np.exp, x, 2e-15, [1e-5]).item()
    assert climb(np.exp, x, 2e-15, [1e-5, 3e-4, 1e-2]).item() == first
    assert climb(np.exp, x, 2e-15, [1e-5, 1e3]).item() == first  # infinite there


@pytest.mark.parametrize("size", [1e-17, 1e-20, 1e-100])
def test_where_f_stands_still_its_size_says_nothing_of_its_rounding(size):
    # It is small, and its terms are not.
    for offset in np.linspace(7.8, 7.9, 11):
        found = gradient(lambda x, c=offset: (7 + np.sin(1 + x[0])) - c, [size])
        assert found.item() == pytest.approx(np.cos(1), rel=1e-6)


def test_a_step_that_f_refuses_ends_the_climb():
    def f(x):
        if abs(x) > 1e-6:
            raise ValueError("math domain error")
        return 1 + x

    found = climb(f, np.array([1e-15]), 2e-15, STEPS)
    assert found.item() == pytest.approx(1, abs=1e-5)
