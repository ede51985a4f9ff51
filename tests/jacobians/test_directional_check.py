"""What f does along a line contradicts a wrong derivative, and nothing else."""

from contextlib import nullcontext, suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion._shared.calls import Batch
from companion.jacobians import check_gradient, jacobian
from companion.jacobians.directional_check import DIGITS, direction, judge, limit, measure
from companion.jacobians.finite_differences import Room

BOX = Room(np.array([0.0, 0.0]), np.array([1.0, 5.0]))
DIFFERENCES = ("forward", "central", "richardson")
each_difference = pytest.mark.parametrize("method", DIFFERENCES)


def f(x):
    return np.stack([x[0] ** 2 * x[1], np.sin(x[1])])


def exact(x):
    return np.array([[2 * x[0] * x[1], x[0] ** 2], [0, np.cos(x[1])]])


def line(f, x, room=BOX, vectorized=False):
    return measure(Batch(f, vectorized), np.array(x), room)


# Measure


def test_a_line_stays_in_the_box():
    for x in ([0.0, 5.0], [1.0, 0.0], [0.5, 1e-9], [1e-13, 5 - 1e-14]):
        seen = []

        def f(x):
            seen.append(x)  # noqa: B023
            return x

        line(f, x)
        assert (np.array(seen) >= 0).all()
        assert (np.array(seen) <= [1.0, 5.0]).all()


def test_a_line_takes_seventeen_values():
    seen = []

    def f(x):
        seen.append(x)
        return x

    line(f, [1.5, -2.0], Room())
    assert len(seen) == 17


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=4))
@settings(deadline=None, derandomize=True, max_examples=50)
def test_f_is_evaluated_at_multiples_of_v(x):
    x = np.array(x)
    seen = line(lambda x: x, x, Room())
    away = seen.sides[:, None, None] * np.multiply.outer(seen.t, seen.v)
    np.testing.assert_allclose(seen.rise, away, rtol=2e-2, atol=0)
    np.testing.assert_allclose(seen.rise[:, :6], away[:, :6], rtol=1e-6, atol=0)


def test_the_direction_moves_every_component_and_is_always_the_same():
    v = direction(1000)
    assert (np.abs(v) >= 0.3).all()
    assert (np.abs(v) <= 1).all()
    assert abs(np.sign(v).sum()) < 150
    np.testing.assert_array_equal(v, direction(1000))


def test_the_value_at_x_and_beside_it_must_be_finite():
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[0\] it returned"):
        line(lambda x: np.log(x[0]), [0.0], Room())
    with pytest.raises(ValueError, match=r"f must return finite values; at x = \[-.* it returned"):
        line(lambda x: np.sqrt(x[0]), [0.0], Room())


# The limit


T = 2.0 ** -np.arange(3, 40, 4)


@given(st.floats(-5, 5), st.floats(-5, 5), st.floats(-5, 5), st.integers(0, 10**6))
@settings(deadline=None, derandomize=True, max_examples=100)
def test_a_limit_is_off_by_less_than_its_error(a, b, c, seed):
    noise = 1e-15 / T
    Q = (
        a
        + b * np.sin(3 * T)
        + c * T**2
        + noise * np.random.default_rng(seed).uniform(-1, 1, T.size)
    )
    value, error, _ = limit(Q[None, :, None], noise[None, :, None], T)
    assert abs(value.item() - a) <= error.item()
    assert error.item() <= 1e-6 * (1 + abs(a) + abs(b) + abs(c))


def test_what_shorter_steps_contradict_is_not_taken():
    Q = np.where(T > 1e-5, 1.0, 2.0)
    value, error, _ = limit(Q[None, :, None], 1e-15 / T[None, :, None], T)
    assert value.item() == 2
    assert error.item() < 1e-6


def test_nothing_is_known_where_nothing_is_finite():
    value, error, _ = limit(np.full((1, T.size, 1), np.nan), np.ones((1, T.size, 1)), T)
    assert value.item() == 0
    assert error.item() == np.inf


# Judge


@pytest.mark.parametrize("room", [Room(), BOX])
@pytest.mark.parametrize("promise", [DIGITS, 1e-8])
def test_the_right_slope_passes(room, promise):
    x = np.array([1.0, 2.0])
    seen = line(f, x, room)
    assert judge(seen, exact(x) @ seen.v, promise=promise) is None
    assert judge(seen) is None


@pytest.mark.parametrize("room", [Room(), BOX])
@pytest.mark.parametrize("i", [0, 1])
def test_a_slope_that_is_off_by_a_thousandth_is_wrong(room, i):
    seen = line(f, np.array([1.0, 2.0]), room)
    Jv = exact([1.0, 2.0]) @ seen.v
    Jv[i] *= 1.001
    doubt = judge(seen, Jv)
    assert (doubt.kind, doubt.place) == ("wrong", (i,))
    assert doubt.claimed == Jv[i]
    assert abs(doubt.seen * 1.001 - Jv[i]) <= 1e-6 * abs(Jv[i]) + doubt.error


def test_a_bend_is_judged_likewise():
    seen = line(lambda x: np.exp(x[0]) * x[1] ** 2, [0.4, -1.2], Room())
    a, b = 0.4, -1.2
    H = np.exp(a) * np.array([[b**2, 2 * b], [2 * b, 2]])
    bend = seen.v @ H @ seen.v
    assert judge(seen, bend, order=2) is None
    assert judge(seen, 1.01 * bend, order=2).kind == "wrong"
    assert (
        judge(line(lambda x: x[0] * abs(x[0]), [0.0], Room()), np.zeros(()), order=2).kind == "kink"
    )


@pytest.mark.parametrize("room", [Room(), BOX])
def test_many_digits_are_asked_for_where_they_are_promised(room):
    for x in ([1.0, 2.0], [0.5, 1.5]):
        seen = line(f, x, room)
        Jv = exact(x) @ seen.v
        assert not seen.contradicts(Jv).any()
        assert not seen.contradicts((1 + 1e-6) * Jv).any()
        assert seen.contradicts((1 + 1e-6) * Jv, 1e-8).all()
        assert judge(seen, (1 + 1e-6) * Jv, promise=1e-8).kind == "wrong"


@pytest.mark.parametrize("f", [np.abs, np.floor, lambda x: np.maximum(x, 0)])
def test_jumps_and_kinks_have_two_slopes(f):
    assert judge(line(f, [0.0], Room())).kind == "kink"


def test_a_kink_at_a_bound_is_not_seen_from_inside():
    assert judge(line(np.abs, [0.0], Room(0.0, 10.0))) is None


def test_rounding_is_told_from_being_wrong():
    def doubt(f, error):
        seen = line(f, [1.0], Room())
        slope = np.cos(1.0) * seen.v
        return judge(seen, slope + error, rounding=lambda seen: seen.rounding(6e-6))

    assert doubt(lambda x: 1e10 + np.sin(x), 0.1).kind == "digits"
    assert doubt(np.sin, 0.1).kind == "wrong"
    assert doubt(lambda x: np.round(np.sin(x), 6), 0.1).kind == "digits"


# Right, or refused. Everything below is of a kind that was once wrong in silence.


def right_or_refused(f, x, J, method, rtol=1e-2, *, or_refused=True, **options):
    J = np.asarray(J)
    with suppress(ValueError) if or_refused else nullcontext():
        found = jacobian(f, x, method, **options).reshape(J.shape)
        assert np.abs(found - J).max() <= rtol * np.abs(J).max()


@pytest.mark.no_cover
@each_difference
@pytest.mark.parametrize("power", [2, 3, 5])
@pytest.mark.parametrize("offset", [1e2, 1e4, 1e6, 1e8])
def test_growth_does_not_hide_truncation(power, offset, method):
    for away in (0.1, 0.3, 1.0, 3.0):
        x = offset + away
        far = offset > 1e2 or away < 1
        slope = power * (x - offset) ** (power - 1)
        right_or_refused(lambda x: (x[0] - offset) ** power, [x], [slope], method, or_refused=far)
        slope = power * np.exp(power * (x - offset))
        right_or_refused(
            lambda x: np.exp(power * (x[0] - offset)), [x], [slope], method, or_refused=far
        )


@pytest.mark.no_cover
@each_difference
@pytest.mark.parametrize("size", [0.01, 1.0, 10.0])
def test_kinks_and_jumps_beside_x(method, size):
    for distance in 10.0 ** np.arange(-9, -1):
        for x in (1.0, -2.3, 1e6, 1e-3):
            for side in (1, -1):
                k, unit = x + side * distance * abs(x), abs(x)

                def kinked(z, k=k, unit=unit):
                    return size * abs(z[0] - k) / unit + (z[0] / unit) ** 2

                def jumping(z, k=k, unit=unit):
                    return size * (z[0] > k) + (z[0] / unit) ** 2

                smooth, near = 2 * x / unit**2, distance < 1e-3
                slope = size * np.sign(x - k) / unit + smooth
                right_or_refused(kinked, [x], [slope], method, or_refused=near)
                right_or_refused(jumping, [x], [smooth], method, or_refused=near)


@each_difference
@pytest.mark.parametrize(
    "coarse",
    [
        lambda f: lambda x: np.round(f(x), 6),
        lambda f: lambda x: np.round(f(x), 4),
        lambda f: lambda x: f(x.astype(np.float32)),
        lambda f: lambda x: f(x.astype(np.float32)).astype(float),
        lambda f: lambda x: f(x.astype(np.float32).astype(float)),
        lambda f: lambda x: f(x).astype(np.float32).astype(float) + 0 * x[0],
        lambda f: lambda x: 1e10 + f(x),
        lambda f: lambda x: (1e10 + f(x)) - 1e10,
    ],
)
def test_values_of_few_digits(coarse, method):
    for x in np.random.default_rng(0).uniform(0.3, 1.2, 20):
        right_or_refused(coarse(lambda x: np.sin(x) ** 2 + x), [x], [[np.sin(2 * x) + 1]], method)


@each_difference
def test_a_part_of_few_digits(method):
    def f(x):
        return x[0] + float(np.float32(np.sin(x[0])))

    for x in np.random.default_rng(0).uniform(0.3, 1.2, 20):
        right_or_refused(f, [x], [1 + np.cos(x)], method)


@each_difference
def test_oscillations(method):
    for k in 10.0 ** np.arange(10):
        right_or_refused(
            lambda x, k=k: np.sin(k * x[0]) / k,
            [0.7],
            [np.cos(0.7 * k)],
            method,
            or_refused=k > 1e3,
        )


def test_few_digits_are_told_from_enough():
    with pytest.raises(ValueError, match="too few digits"):
        jacobian(lambda x: 1e10 + np.sin(x), [1.0, 2.0])
    for x in (0.0, 1.3):
        assert jacobian(lambda x: 1e8 + x**2, [x]).item() == pytest.approx(2 * x, abs=1e-3)


@pytest.mark.parametrize(
    ("f", "method"),
    [
        (lambda x: 1e8 + np.sin(x), "forward"),
        (lambda x: 1e10 + np.sin(x), "central"),
        (lambda x: np.sin(x.astype(np.float32)), "forward"),
        (lambda x: np.round(np.sin(x), 6), "forward"),
    ],
)
def test_a_slope_that_is_lost_to_rounding_is_refused(f, method):
    with pytest.raises(ValueError, match="too few digits for the steps taken: along v"):
        jacobian(f, [1.0, 2.0], method)


@pytest.mark.parametrize("method", ["forward", "central"])
@pytest.mark.parametrize(
    "f", [lambda x: 1e8 + 0 * x, np.cos, lambda x: 1e8 + x**2, lambda x: x**3, np.exp]
)
def test_a_slope_that_is_zero_or_shows_is_not_lost(f, method):
    J = jacobian(f, [0.0, 0.0], method)
    slope = 1.0 if f is np.exp else 0.0
    np.testing.assert_allclose(J, slope * np.eye(2), atol=1e-7)


def test_no_evaluation_leaves_the_box_to_look_for_lost_digits():
    points = []

    def f(x):
        points.append(x.copy())
        return 1e10 + np.sin(x)

    with suppress(ValueError):
        jacobian(f, [1.0], bounds=(1.0, 2.0))
    assert min(points) >= 1.0


# No false alarm: right Jacobians of ordinary functions are believed


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


ORDINARY = {
    "layer": lambda W, c: (
        lambda x: np.tanh(W @ x),
        lambda x: (1 - np.tanh(W @ x) ** 2)[:, None] * W,
    ),
    "scaled": lambda W, c: (lambda x: c * np.sin(x), lambda x: np.diag(c * np.cos(x))),
    "exp": lambda W, c: (np.exp, lambda x: np.diag(np.exp(x))),
    "constant": lambda W, c: (lambda x: c + 0 * x, lambda x: 0 * W),
    "linear": lambda W, c: (lambda x: W @ x, lambda x: W),
    "quadratic": lambda W, c: (lambda x: (x * (W @ x)).sum(axis=0), lambda x: (W + W.T) @ x),
    "cubic": lambda W, c: (lambda x: x**3 - x * x, lambda x: np.diag(3 * x * x - 2 * x)),
    "log-loss": lambda W, c: (
        lambda x: np.logaddexp(0, W @ x).sum(axis=0),
        lambda x: W.T @ sigmoid(W @ x),
    ),
    "stable log-loss": lambda W, c: (
        lambda x: (np.maximum(W @ x, 0) + np.log1p(np.exp(-np.abs(W @ x)))).sum(axis=0),
        lambda x: W.T @ sigmoid(W @ x),
    ),
    "softmax": lambda W, c: (
        lambda x: np.exp(x) / np.exp(x).sum(axis=0),
        lambda x: np.diag(p := np.exp(x) / np.exp(x).sum()) - np.outer(p, p),
    ),
    "norm": lambda W, c: (
        lambda x: np.sqrt((x * x).sum(axis=0)),
        lambda x: x / np.sqrt(x @ x),
    ),
    "pieces": lambda W, c: (
        lambda x: np.minimum(x * x, x + 3),
        lambda x: np.diag(np.where(x * x < x + 3, 2 * x, 1.0)),
    ),
    "oscillating": lambda W, c: (lambda x: np.sin(30 * x), lambda x: np.diag(30 * np.cos(30 * x))),
    "offset": lambda W, c: (
        lambda x: ((x - 10) ** 2).sum(axis=0) + 100,
        lambda x: 2 * (x - 10),
    ),
}


@pytest.mark.no_cover
@pytest.mark.parametrize("name", ORDINARY)
@each_difference
@given(st.sampled_from([1, 2, 5, 30]), st.integers(0, 10**6), st.booleans(), st.floats(-12, 12))
@settings(deadline=None, derandomize=True, max_examples=25)
def test_ordinary_functions_are_believed(name, method, n, seed, vectorized, exponent):
    rng = np.random.default_rng(seed)
    x, W = rng.uniform(0.1, 2, n) * rng.choice([-1, 1], n), rng.standard_normal((n, n))
    f, J = ORDINARY[name](W, 10.0**exponent)
    found, J = jacobian(f, x, method, vectorized=vectorized), J(x)
    bound = {"forward": 1e-5, "central": 1e-6, "richardson": 1e-7}[method]
    size = np.abs(J).max() + np.abs(f(x)).max()
    assert np.abs(found.reshape(J.shape) - J).max() <= bound * size


@pytest.mark.parametrize("vectorized", [False, True])
@pytest.mark.parametrize("method", [*DIFFERENCES, "complex-step"])
def test_a_saturated_layer_is_believed(method, vectorized):
    for seed in range(40):
        W, x = (
            (rng := np.random.default_rng(seed)).standard_normal((100, 100)),
            rng.standard_normal(100),
        )
        J = jacobian(lambda X: np.tanh(W @ X), x, method, vectorized=vectorized)  # noqa: B023
        np.testing.assert_allclose(J, (1 - np.tanh(W @ x) ** 2)[:, None] * W, atol=1e-4)


@each_difference
def test_a_stable_log_loss_has_no_kink_at_zero(method):
    y = np.array([1.0, -1.0, 1.0])
    A = np.array([[1.0, 2.0], [0.5, -1.0], [3.0, 0.1]])

    def f(w):
        z = -y * (A @ w)
        return (np.maximum(z, 0) + np.log1p(np.exp(-np.abs(z)))).sum()

    np.testing.assert_allclose(jacobian(f, [0.0, 0.0], method), -A.T @ y / 2, atol=1e-6)


# Gradients that were given


@pytest.mark.parametrize("k", 10.0 ** np.arange(8))
def test_the_gradient_of_an_oscillation_passes_or_has_too_few_digits(k):
    def f(x):
        return np.sin(k * x[0]) / k

    with suppress(ValueError) if k > 1e3 else nullcontext():
        assert check_gradient(f, lambda x: np.cos(k * x), [0.7]).passed
        assert not check_gradient(f, lambda x: 1.01 * np.cos(k * x), [0.7]).passed


def test_the_gradient_of_a_function_in_single_precision_passes():
    def f(x):
        a, b = np.float32(x)
        return np.exp(a) * b**2

    def grad(x):
        return np.array([np.exp(x[0]) * x[1] ** 2, 2 * np.exp(x[0]) * x[1]])

    for x in np.random.default_rng(0).uniform(0.5, 2, (20, 2)):
        with suppress(ValueError):
            assert check_gradient(f, grad, x).passed
            assert not check_gradient(f, lambda x: 1.1 * grad(x), x).passed
