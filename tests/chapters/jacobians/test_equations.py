"""Each equation of the first chapter, on random instances."""

from functools import cache
from math import comb

import numpy as np
import pytest
from solutions import defined

from companion.autodiff import jvp, vjp
from companion.autodiff._forward_mode import Dual
from companion.jacobians import METHODS, color_columns, gradient, jacobian
from companion.jacobians._gradient_check import remainder
from companion.jacobians.extrapolation import extrapolate
from companion.jacobians.finite_differences import forward
from companion.problems.maps import arm_joints, bend, magnify, polar, two_link_arm

U = 2.0**-53


class Waves:
    """f(x) = B sin(Ax + c) with its exact first derivatives: a map from Rⁿ to Rᵐ at random."""

    def __init__(self, rng, m, n, inner=4):
        self.A, self.B = rng.standard_normal((inner, n)), rng.standard_normal((m, inner))
        self.c, self.x = rng.standard_normal(inner), rng.standard_normal(n)

    def __call__(self, x):
        return self.B @ np.sin(self.A @ x + self.c)

    def jac(self, x):
        return self.B @ (np.cos(self.A @ x + self.c)[:, None] * self.A)

    def derivative(self, x, v, order):
        """The derivative of that order along v."""
        phase = self.A @ x + self.c + order * np.pi / 2
        return self.B @ (np.sin(phase) * (self.A @ v) ** order)


def slope(h, error):
    return np.polyfit(np.log(h), np.log(error), 1)[0]


@pytest.fixture(params=range(5))
def rng(request):
    return np.random.default_rng(request.param)


@pytest.mark.equation("eq:jacobian")
@pytest.mark.parametrize("method", METHODS)
def test_entries_of_the_jacobian_are_limits_of_quotients(rng, method):
    f = Waves(rng, 3, 5)
    J = jacobian(f, f.x, method)
    h = 0.5 ** np.arange(8, 14)
    for j, e in enumerate(np.eye(5)):
        error = [np.linalg.norm((f(f.x + size * e) - f(f.x)) / size - J[:, j]) for size in h]
        assert error[-1] < 1e-2
        assert slope(h, error) == pytest.approx(1, abs=0.1)


@pytest.mark.equation("eq:bend-jacobian")
def test_the_jacobian_of_the_bend(rng):
    x, y = rng.uniform(-3, 3, 2)
    J = np.array([[2 * x * y, x**2], [5, np.cos(y)]])
    np.testing.assert_allclose(jacobian(bend, [x, y], "complex-step"), J, rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(bend.jac([x, y]), J, rtol=1e-15)
    np.testing.assert_allclose(bend.jac([2, 0.5]), [[2, 4], [5, 0.8776]], rtol=1e-4)


@pytest.mark.equation("eq:linearization")
def test_the_error_of_the_linear_model_is_of_second_order(rng):
    f = Waves(rng, 2, 2)
    columns = lambda X: np.apply_along_axis(f, 0, X)  # noqa: E731
    h = 0.5 ** np.arange(8, 14)
    J, E = jacobian(f, f.x, "forward-mode"), 0.01 * rng.standard_normal((2, 2))
    right, other = ([magnify(columns, K, f.x, size).gap for size in h] for K in (J, J + E))
    assert slope(h, right) == pytest.approx(2, abs=0.05)
    assert slope(h, other) < 1.7


@pytest.mark.equation("eq:chain-rule")
def test_jacobians_of_a_chain_are_multiplied(rng):
    f, g = Waves(rng, 4, 3), Waves(rng, 2, 4)
    whole = jacobian(lambda x: g(f(x)), f.x, "richardson")
    J_f, J_g = f.jac(f.x), g.jac(f(f.x))
    np.testing.assert_allclose(J_g @ J_f, whole, rtol=1e-9, atol=1e-9)
    v = rng.standard_normal(3)
    np.testing.assert_allclose(jvp(lambda x: g(f(x)), f.x, v), J_g @ (J_f @ v), rtol=1e-12)


@pytest.mark.equation("eq:polar-area")
def test_the_determinant_of_polar_coordinates_is_the_radius(rng):
    r, theta = rng.uniform(0.1, 5), rng.uniform(-4, 4)
    J = jacobian(polar, [r, theta], "complex-step")
    assert np.linalg.det(J) == pytest.approx(r, rel=1e-13)
    assert np.linalg.det(polar.jac([r, theta])) == pytest.approx(r, rel=1e-13)
    # A small cell's area, by Green's formula along its edge, over that of the rectangle.
    d, steps = 1e-3, np.linspace(-1, 1, 201)
    edge = np.concatenate([[steps, -1 + 0 * steps], [1 + 0 * steps, steps]], axis=1)
    x, y = polar([r + d * np.append(edge[0], -edge[0]), theta + d * np.append(edge[1], -edge[1])])
    area = np.sum(x * np.roll(y, -1) - y * np.roll(x, -1)) / 2
    assert area / (2 * d) ** 2 == pytest.approx(r, rel=1e-4)


@pytest.mark.equation("eq:forward-error")
def test_the_forward_error_stays_below_its_bound_and_is_least_where_it_says(rng):
    f = Waves(rng, 1, 1)
    f0, f1, f2 = (f.derivative(f.x, np.ones(1), order)[0] for order in range(3))
    h = np.geomspace(1e-12, 1e-2, 400)
    error = np.array([abs(forward(f(f.x + size), f(f.x), size)[0] - f1) for size in h])
    bound = h / 2 * abs(f2) + 2 * U * abs(f0) / h
    # Values are computed with a few roundings instead of one, and x + h with one more.
    noise = 8 * U * (np.abs(f.B).sum() * (1 + np.abs(f.A).sum() * np.abs(f.x).sum())) / h
    assert np.all(error <= 1.1 * h / 2 * abs(f2) + noise)
    assert np.all(error[h > 1e-4] >= 0.8 * (bound - noise)[h > 1e-4])
    best = 2 * np.sqrt(U * abs(f0) / abs(f2))
    assert h[bound.argmin()] == pytest.approx(best, rel=0.07)
    assert error[(h > best / 2) & (h < 2 * best)].max() < error[h < best / 1000].max()


@pytest.mark.equation("eq:central-difference")
def test_the_error_of_a_central_difference_is_of_second_order(rng):
    f = Waves(rng, 2, 3)
    h, e = 0.5 ** np.arange(6, 11), np.eye(3)[1]
    quotients = [(f(f.x + size * e) - f(f.x - size * e)) / (2 * size) for size in h]
    error = np.linalg.norm(quotients - f.jac(f.x)[:, 1], axis=1)
    assert slope(h, error) == pytest.approx(2, abs=0.05)
    ours = [jacobian(f, f.x, "central", step=size)[:, 1] for size in h]
    np.testing.assert_allclose(ours, quotients, rtol=1e-9, atol=1e-12)


@pytest.mark.equation("eq:richardson")
def test_the_error_of_two_central_differences_combined_is_of_fourth_order(rng):
    f = Waves(rng, 2, 1)
    truth = f.jac(f.x)[:, 0]

    def D(h):
        return (f(f.x + h) - f(f.x - h)) / (2 * h)

    h = 0.5 ** np.arange(3, 7)
    combined = np.array([(4 * D(size / 2) - D(size)) / 3 for size in h])
    assert slope(h, np.linalg.norm(combined - truth, axis=1)) == pytest.approx(4, abs=0.2)
    rungs = []
    # What rounding does to D grows as h falls.
    best, _ = extrapolate(lambda k: (rungs.append(k) or D(0.1 / 2**k), lambda: 1e-14 * 2**k), 4.0)
    np.testing.assert_allclose(best, truth, atol=1e-11)
    assert len(rungs) < 15  # which halving alone would take: (0.1 / 2¹⁵)² is 1e-11


@pytest.mark.equation("eq:complex-step")
def test_the_error_of_a_complex_step_is_of_second_order_and_nothing_cancels(rng):
    f = Waves(rng, 2, 3)
    v = rng.standard_normal(3)
    value, truth = f(f.x), f.jac(f.x) @ v

    def lifted(h):
        return f(f.x + 1j * h * v)

    h = 0.5 ** np.arange(6, 11)
    error = [np.linalg.norm(lifted(size).imag / size - truth) for size in h]
    assert slope(h, error) == pytest.approx(2, abs=0.05)
    # The real part holds f − ½h²f″.
    second = [np.linalg.norm(lifted(size).real - value) / size**2 for size in h]
    assert second[-1] == pytest.approx(np.linalg.norm(f.derivative(f.x, v, 2)) / 2, rel=1e-3)
    np.testing.assert_allclose(lifted(1e-100).imag / 1e-100, truth, rtol=1e-13, atol=1e-13)
    ours = jacobian(f, f.x, "complex-step") @ v
    np.testing.assert_allclose(ours, truth, rtol=1e-13, atol=1e-13)


@pytest.mark.equation("eq:dual")
def test_dual_numbers_multiply_and_take_sines_by_their_rules(rng):
    a, b, c, d = rng.standard_normal(4)
    product = Dual(a, [b]) * Dual(c, [d])
    assert float(product.value) == a * c
    assert product.tangent[0] == pytest.approx(a * d + b * c, rel=1e-15)
    sine = np.sin(Dual(a, [b]))
    assert (float(sine.value), sine.tangent[0]) == pytest.approx((np.sin(a), b * np.cos(a)))
    # With a small number in the place of ϵ, what is left is of second order.
    h = 0.5 ** np.arange(8, 14)
    left = np.abs((a + b * h) * (c + d * h) - (a * c + product.tangent[0] * h))
    assert slope(h, left) == pytest.approx(2, abs=0.05)
    left = np.abs(np.sin(a + b * h) - (np.sin(a) + sine.tangent[0] * h))
    assert slope(h, left) == pytest.approx(2, abs=0.2)


@pytest.mark.equation("eq:reverse")
def test_one_sweep_multiplies_the_jacobians_from_the_left(rng):
    chain = [Waves(rng, m, n) for m, n in [(4, 3), (5, 4), (2, 5), (3, 2)]]
    w, x = rng.standard_normal(3), chain[0].x

    def program(x):
        for f in chain:
            x = f(x)
        return x

    points = [x]
    for f in chain[:-1]:
        points.append(f(points[-1]))
    row = w
    for f, point in zip(reversed(chain), reversed(points), strict=True):
        row = row @ f.jac(point)
    np.testing.assert_allclose(vjp(program, x, w), row, rtol=1e-12, atol=1e-12)
    numeric = jacobian(lambda x: [w @ program(x)], x, "richardson")[0]
    np.testing.assert_allclose(row, numeric, rtol=1e-8, atol=1e-8)


@pytest.mark.equation("eq:taylor-remainder")
def test_the_remainder_has_slope_2_for_the_gradient_alone(rng):
    f = Waves(rng, 1, 4)
    scalar, g, v = lambda x: f(x)[0], f.jac(f.x)[0], rng.standard_normal(4)
    wrong = g + 0.1 * v
    h = 0.5 ** np.arange(12, 18)
    for given, expected in [(g, 2), (wrong, 1)]:
        R = [abs(scalar(f.x + size * v) - scalar(f.x) - size * (given @ v)) for size in h]
        assert slope(h, R) == pytest.approx(expected, abs=0.2)
        assert remainder(scalar, given, f.x, v)[0] == pytest.approx(expected, abs=0.2)


@pytest.mark.equation("eq:arm")
def test_the_hand_stands_where_two_links_put_it(rng):
    lengths, theta = rng.uniform(0.5, 2, 2), rng.uniform(-3, 3, 2)
    # Independently: each link is a complex number, turned by all angles before it.
    turned = np.exp(1j * np.cumsum(theta))
    hand = lengths @ turned
    np.testing.assert_allclose(two_link_arm(lengths)(theta), [hand.real, hand.imag], rtol=1e-13)
    np.testing.assert_allclose(arm_joints(theta, lengths)[2], [hand.real, hand.imag], rtol=1e-13)


def reach(rng, factor=1.0):
    """The gaps of an arm that reaches for a point nearby, one entry of J times a factor."""
    hand = two_link_arm(rng.uniform(0.8, 1.5, 2))
    goal = np.array([rng.uniform(-1, 1), rng.uniform(0.7, 2)])
    theta, p = goal + 0.05 * rng.standard_normal(2), hand(goal)
    gaps = [np.linalg.norm(p - hand(theta))]
    while gaps[-1] > 1e-10 and len(gaps) < 20:
        J = jacobian(hand, theta, "forward-mode") * [[factor, 1], [1, 1]]
        theta = theta + np.linalg.solve(J, p - hand(theta))
        gaps.append(np.linalg.norm(p - hand(theta)))
    np.testing.assert_allclose(theta, goal, atol=1e-8)
    return np.array(gaps)


@pytest.mark.equation("eq:reach")
def test_steps_of_the_reach_square_the_gap(rng):
    gaps = reach(rng)
    assert len(gaps) <= 6
    assert np.all(gaps[1:] <= 5 * gaps[:-1] ** 2 + 1e-14)


@pytest.mark.equation("eq:reach")
def test_with_a_wrong_entry_the_reach_arrives_by_a_fixed_factor(rng):
    gaps = reach(rng, factor=1.01)
    ratios = gaps[1:] / gaps[:-1]
    assert 1e-4 < ratios[-1] < 0.05
    assert 0.2 < ratios[-1] / ratios[-2] < 5


@pytest.mark.equation("eq:colored-difference")
def test_columns_that_share_no_row_are_found_by_one_difference_of_second_order(rng):
    pattern = rng.random((6, 9)) < 0.3
    A, x = np.where(pattern, rng.standard_normal((6, 9)), 0.0), rng.uniform(0.5, 1.5, 9)

    def f(x):
        return A @ np.exp(x)

    coloring = color_columns(pattern, A.shape)
    h, errors = 0.5 ** np.arange(2, 8), []
    for step in h:
        J = np.zeros(A.shape)
        for color in range(coloring.count):
            C = coloring.colors == color
            assert (pattern[:, C].sum(axis=1) <= 1).all()
            d = C.astype(float)
            quotient = (f(x + step * d) - f(x - step * d)) / (2 * step)
            J[:, C] = np.where(pattern[:, C], quotient[:, None], 0)
        errors.append(np.abs(J - A * np.exp(x)).max())
    assert slope(h, errors) == pytest.approx(2, abs=0.05)
    np.testing.assert_allclose(
        jacobian(f, x, sparsity=coloring).toarray(), A * np.exp(x), atol=1e-8
    )


@pytest.mark.equation("eq:directional-derivative")
def test_the_slope_along_a_direction_is_its_product_with_the_gradient(rng):
    f = Waves(rng, 1, 4)
    scalar, d = lambda x: f(x)[0], rng.standard_normal(4)
    d /= np.linalg.norm(d)
    slope_along = gradient(scalar, f.x, "reverse-mode") @ d
    assert slope_along == pytest.approx(f.derivative(f.x, d, 1)[0], rel=1e-11, abs=1e-13)
    assert jvp(scalar, f.x, d) == pytest.approx(slope_along, rel=1e-11, abs=1e-13)
    t = 0.5 ** np.arange(8, 14)
    error = [abs((scalar(f.x + size * d) - scalar(f.x)) / size - slope_along) for size in t]
    assert slope(t, error) == pytest.approx(1, abs=0.2)


@pytest.mark.equation("eq:steepest")
def test_no_unit_vector_climbs_faster_than_the_gradient(rng):
    f = Waves(rng, 1, 5)
    g = gradient(lambda x: f(x)[0], f.x, "reverse-mode")
    steepest = np.linalg.norm(g)
    d = rng.standard_normal((5, 2000))
    d /= np.linalg.norm(d, axis=0)
    assert np.all(np.abs(g @ d) < steepest)
    for sign in (1, -1):
        assert g @ (sign * g / steepest) == pytest.approx(sign * steepest, rel=1e-14)
        # Of vectors near it, all lose: by the square of their distance, times half of ‖g‖.
        near = sign * g[:, None] / steepest + 0.01 * d
        near /= np.linalg.norm(near, axis=0)
        lost = steepest - sign * (g @ near)
        apart = np.linalg.norm(near - sign * g[:, None] / steepest, axis=0)
        np.testing.assert_allclose(lost, steepest * apart**2 / 2, rtol=1e-8)


@pytest.mark.equation("eq:layer-adjoints")
def test_the_adjoints_of_a_product_are_two_products(rng):
    k, n, m = rng.integers(2, 6, 3)
    X, W = rng.standard_normal((k, n)), rng.standard_normal((n, m))
    Z_bar = rng.standard_normal((k, m))
    X_bar, W_bar = Z_bar @ W.T, X.T @ Z_bar
    by_X = vjp(lambda x: x.reshape(k, n) @ W, X.ravel(), Z_bar)
    by_W = vjp(lambda w: X @ w.reshape(n, m), W.ravel(), Z_bar)
    np.testing.assert_allclose(by_X, X_bar.ravel(), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(by_W, W_bar.ravel(), rtol=1e-13, atol=1e-13)
    # By the definition: the loss Σ Z̄ Z is linear in each of them.
    dX, dW = rng.standard_normal((k, n)), rng.standard_normal((n, m))
    change = np.sum(Z_bar * (dX @ W + X @ dW))
    assert np.sum(X_bar * dX) + np.sum(W_bar * dW) == pytest.approx(change, rel=1e-12, abs=1e-12)


@pytest.mark.equation("eq:softmax-gradient")
def test_the_gradient_of_the_cross_entropy_is_predicted_minus_true(rng):
    z, y = 3 * rng.standard_normal(4), rng.dirichlet(np.ones(4))

    def entropy(z):
        p = np.exp(z) / np.exp(z).sum()
        return -(y @ np.log(p))

    p = np.exp(z) / np.exp(z).sum()
    assert entropy(z) == pytest.approx(np.log(np.exp(z).sum()) - y @ z, rel=1e-12)
    for method in ("forward-mode", "reverse-mode"):
        np.testing.assert_allclose(gradient(entropy, z, method), p - y, rtol=1e-11, atol=1e-13)
    np.testing.assert_allclose(gradient(entropy, z, "richardson"), p - y, atol=1e-8)
    assert np.sum(p - y) == pytest.approx(0, abs=1e-14)


@pytest.mark.equation("eq:row-length")
def test_a_matrix_stretches_a_row_between_its_singular_values(rng):
    f = Waves(rng, 4, 4, inner=6)
    sigma = np.linalg.svd(f.jac(f.x), compute_uv=False)
    for w in rng.standard_normal((50, 4)):
        stretch = np.linalg.norm(vjp(f, f.x, w)) / np.linalg.norm(w)
        assert sigma[-1] * (1 - 1e-12) <= stretch <= sigma[0] * (1 + 1e-12)


@pytest.mark.equation("eq:layer-gain")
def test_random_layers_multiply_the_mean_square_of_a_row_by_s_squared(rng):
    """Over 400 chains. For normal entries ‖wᵀW‖²/s²‖w‖² is χ²_n/n, with variance 2/n."""
    n, k, s, chains = 20, 3, 0.7, 400
    w, gains = rng.standard_normal(n), []
    for _ in range(chains):
        Ws = s * rng.standard_normal((k, n, n)) / np.sqrt(n)
        row = vjp(lambda x, Ws=Ws: Ws[2] @ (Ws[1] @ (Ws[0] @ x)), np.zeros(n), w)
        gains.append((row @ row) / (w @ w) / s ** (2 * k))
    spread = np.sqrt(((1 + 2 / n) ** k - 1) / chains)
    assert abs(np.mean(gains) - 1) < 6 * spread


def test_a_relu_halves_the_mean_square_of_a_random_row():
    """Over the rows w, the mean of ‖wᵀJ‖²/‖w‖² is ‖J‖²/n in Frobenius' norm."""
    n, rng, gains = 20, np.random.default_rng(0), []
    for _ in range(400):
        W, x = rng.standard_normal((n, n)) / np.sqrt(n), rng.standard_normal(n)
        J = jacobian(lambda x, W=W: np.maximum(W @ x, 0.0), x, "reverse-mode")
        gains.append(np.sum(J**2) / n)
    # Each unit is on or off like a coin, and a row of W has the length 1, give or take.
    spread = np.sqrt((0.25 + 0.5 * 2 / n) / n / 400)
    assert abs(np.mean(gains) - 0.5) < 6 * spread


def test_residual_layers_stretch_no_less_than_one_minus_what_they_add(rng):
    F = rng.standard_normal((6, 6))
    a = rng.uniform(0.1, 0.9)
    F *= a / np.linalg.norm(F, 2)
    sigma = np.linalg.svd(np.eye(6) + F, compute_uv=False)
    assert 1 - a - 1e-12 <= sigma[-1]
    assert sigma[0] <= 1 + a + 1e-12


@pytest.mark.equation("eq:checkpoints")
def test_checkpoints_keep_k_over_c_plus_c_results_and_give_the_same_row(rng):
    sweep, run = defined("jacobians/tape")["sweep"], defined("jacobians/tape")["run"]
    k, n = int(rng.integers(2, 40)), 3
    Ws, (x, w) = rng.standard_normal((k, n, n)) / np.sqrt(n), rng.standard_normal((2, n))
    row = vjp(lambda x: run(Ws, x)[-1], x, w)
    for c in range(1, k + 1):
        swept, most, runs = sweep(Ws, x, w, c)
        np.testing.assert_allclose(swept, row, rtol=1e-9, atol=1e-11 * np.linalg.norm(w))
        assert 2 * np.sqrt(k) - 1 <= most <= -(-k // c) + c
        if k % c == 0:
            assert most == k / c + c >= 2 * np.sqrt(k)
            assert runs == 2 * k - c


def test_the_longest_chain_that_checkpoints_can_reverse():
    """By trying every place for the next checkpoint, against the binomial coefficient."""

    @cache
    def possible(layers, room, runs):
        """Whether a sweep can go back, with the start kept, and each layer run so often before."""
        if layers == 1:
            return True
        if room < 1 or runs < 1:
            return False
        # Advance `cut` layers and keep the result; then the far part, then the near one.
        return any(
            possible(layers - cut, room - 1, runs) and possible(cut, room, runs - 1)
            for cut in range(1, layers)
        )

    for room in (1, 2, 3, 4):
        for runs in (1, 2, 3):
            longest = comb(room + runs, room)
            assert possible(longest, room, runs)
            assert not possible(longest + 1, room, runs)


@pytest.mark.equation("eq:one-sided")
def test_the_one_sided_slope_of_a_maximum_is_that_of_its_steepest_active_part(rng):
    """And it is linear in the direction only where a single part is active."""
    A, x, d = rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal(3)
    b = np.array([2.0, 2.0, 0.0, 1.0]) - A @ x  # the first two tie at x

    def f(x):
        return np.max(A @ x + b)

    right = max(A[0] @ d, A[1] @ d)
    for t in (1e-3, 1e-5):  # f is linear that near
        assert (f(x + t * d) - f(x)) / t == pytest.approx(right, abs=1e-8)
    assert right + max(-A[0] @ d, -A[1] @ d) > 0
    with pytest.raises(ValueError, match="kink"):
        gradient(lambda y: np.max(A @ y + [2, 2, 0, 1]), np.zeros(3), "reverse-mode")
    alone = gradient(f, x + 1e-3 * d, "reverse-mode")
    np.testing.assert_allclose(alone, A[0] if A[0] @ d > A[1] @ d else A[1], rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_all_methods_refuse_a_relu_at_its_kink_and_pass_a_kink_that_cancels(method):
    with pytest.raises(ValueError, match="differentiable"):
        gradient(lambda x: np.maximum(x[0], 0.0), [0.0], method)
    identity = gradient(lambda x: np.maximum(x[0], 0.0) - np.maximum(-x[0], 0.0), [0.0], method)
    assert identity == pytest.approx(1, rel=1e-7)


def test_a_branch_hides_its_kink_from_what_differentiates_the_program():
    def branched(z):
        return np.where(z > 0, z, 0.0)

    for method in ("forward-mode", "reverse-mode"):
        assert gradient(lambda x: branched(x[0]) - branched(-x[0]), [0.0], method) == 0


@pytest.mark.equation("eq:subgradient")
def test_gradients_of_active_parts_and_their_mixtures_are_subgradients(rng):
    """Of a maximum of convex quadratics; and nothing outside of their hull is one."""
    A, x = rng.standard_normal((2, 3)), rng.standard_normal(3)

    def parts(y):
        return A @ (y - x) + 0.5 * np.sum((y - x) ** 2)

    def f(y):
        return np.max(parts(y))

    g0, g1 = (gradient(lambda y, i=i: parts(y)[i], x, "reverse-mode") for i in (0, 1))
    np.testing.assert_allclose([g0, g1], A, atol=1e-12)
    share = rng.uniform()
    Y = x + rng.standard_normal((500, 3)) * 10.0 ** rng.integers(-3, 2, (500, 1))
    for g in (g0, g1, share * g0 + (1 - share) * g1):
        assert all(f(y) >= f(x) + g @ (y - x) - 1e-12 for y in Y)
    outside = g0 + 0.5 * (g0 - g1)
    y = x + 1e-3 * (g0 - g1)
    assert f(y) < f(x) + outside @ (y - x)


def test_a_step_against_a_subgradient_may_go_up_and_still_comes_closer():
    def f(x):
        return abs(x[0]) + 2 * abs(x[1])

    x, g = np.array([1.0, 0.0]), np.array([1.0, 2.0])
    for t in (0.1, 0.01, 1e-4):
        assert f(x - t * g) == pytest.approx(f(x) + 3 * t)
        assert np.linalg.norm(x - t * g) < np.linalg.norm(x)


@pytest.mark.equation("eq:singular-axes")
def test_a_jacobian_sends_its_right_singular_vectors_to_its_left_ones(rng):
    f = Waves(rng, 3, 4)
    U, sigma, Vt = np.linalg.svd(f.jac(f.x))
    assert np.all(np.diff(sigma) <= 0)
    for i in range(3):
        np.testing.assert_allclose(jvp(f, f.x, Vt[i]), sigma[i] * U[:, i], atol=1e-12 * sigma[0])
    circle = rng.standard_normal((4, 200))
    stretch = np.linalg.norm(f.jac(f.x) @ circle, axis=0) / np.linalg.norm(circle, axis=0)
    assert np.all(stretch <= sigma[0] * (1 + 1e-12))


@pytest.mark.equation("eq:inverse-jacobian")
def test_the_jacobian_of_the_inverse_is_the_inverse_of_the_jacobian(rng):
    hand, goal = two_link_arm(rng.uniform(0.8, 1.5, 2)), rng.uniform([-1, 0.7], [1, 2])

    def angles(p):
        theta = goal
        for _ in range(8):
            theta = theta + np.linalg.solve(hand.jac(theta), p - hand(theta))
        return theta

    J = jacobian(angles, hand(goal))
    np.testing.assert_allclose(J @ hand.jac(goal), np.eye(2), atol=1e-7)


@pytest.mark.equation("eq:implicit-jacobian")
def test_the_solution_of_an_equation_moves_as_its_blocks_say(rng):
    """y = tanh(Wy + x), by repeating it, in exact steps of reverse mode; and by differences."""
    W = rng.standard_normal((4, 4))
    W *= 0.6 / np.linalg.norm(W, 2)
    x = rng.standard_normal(4)

    def settle(x):
        y = 0 * x
        for _ in range(120):  # 0.6¹²⁰ is 2e-27
            y = np.tanh(W @ y + x)
        return y

    def F(z):
        return z[4:] - np.tanh(W @ z[4:] + z[:4])

    y = settle(x)
    J = jacobian(F, np.concatenate([x, y]), "forward-mode")
    F_x, F_y = J[:, :4], J[:, 4:]
    implicit = -np.linalg.solve(F_y, F_x)
    np.testing.assert_allclose(implicit, jacobian(settle, x, "reverse-mode"), atol=1e-12)
    np.testing.assert_allclose(implicit, jacobian(settle, x, "central"), atol=1e-7)
    D = np.diag(1 - y**2)
    np.testing.assert_allclose(np.linalg.solve(np.eye(4) - D @ W, D), implicit, atol=1e-12)


def test_a_wrong_entry_does_not_show_along_the_directions_that_it_leaves_alone():
    x, h = np.array([2.0, 0.5]), np.geomspace(1e-5, 1e-3, 9)
    wrong = bend.jac(x) + np.diag([0.01, 0])
    for v, expected in (([0.0, 1.0], 2), ([1.0, 0.0], 1), ([0.6, 0.8], 1)):
        d = np.outer(h, v)
        rest = [np.linalg.norm(bend(x + step) - bend(x) - wrong @ step) for step in d]
        assert np.polyfit(np.log(h), np.log(rest), 1)[0] == pytest.approx(expected, abs=0.1)


def test_forward_and_reverse_mode_differentiate_the_branch_that_was_taken():
    def branch(x):
        return 0 * x[0] + 4 if x[0] == 2 else x[0] ** 2

    for method in ("forward-mode", "reverse-mode"):
        assert gradient(branch, [2.0], method) == 0
        assert gradient(lambda x: np.where(x[0] > 0, x[0], 0), [0.0], method) == 0
    assert gradient(branch, [2.0], "central") == pytest.approx(4)


def test_where_a_program_cancels_so_does_its_derivative():
    """Of (1 − cos x)/x², whose slope is −x/12 + x³/180 − x⁵/6720 + O(x⁷)."""

    def versed(x):
        return (1 - np.cos(x[0])) / x[0] ** 2

    def error(x):
        series = -x / 12 + x**3 / 180 - x**5 / 6720
        return abs(gradient(versed, [x], "forward-mode")[0] / series - 1)

    # A few roundings U of cos x, and the next term of the series.
    assert all(error(x) < 100 * U / x**4 + x**6 / 30_000 for x in (0.1, 0.01, 0.001))
    # In doubles 1 − cos x is a multiple of U, and here its value is 0.03 U away from all of them.
    assert error(1e-5) > 1000


def test_a_missed_entry_is_booked_on_an_innocent_column_or_lost():
    n, x, h = 6, np.linspace(0.2, 1.3, 6), 1e-5

    def f(x):
        return x[:n] + 3 * np.append(x[1:], 0)

    rows, cols = np.nonzero(np.tri(n) - np.tri(n, k=-2))  # forgets the 3 above the diagonal
    color = color_columns((rows, cols), (n, n)).colors
    found = np.zeros((n, n))
    for k in range(color.max() + 1):
        d = (color == k).astype(float)
        D, own = (f(x + h * d) - f(x - h * d)) / (2 * h), color[cols] == k
        found[rows[own], cols[own]] = D[rows[own]]
    np.testing.assert_allclose(np.diag(found), 1)
    np.testing.assert_allclose(np.diag(found, -1), 4 * [3] + [0], atol=1e-9)  # row 0's is lost


@pytest.mark.parametrize(("bent", "least", "most"), [(1.2, 4e-4, 1e-2), (0.03, 0.2, 0.4)])
def test_a_wrong_entry_leaves_a_share_of_the_gap_that_depends_on_the_arm(bent, least, most):
    J = two_link_arm().jac(np.array([0.4, bent]))
    for entry in np.eye(4).reshape(4, 2, 2):
        left = np.eye(2) - J @ np.linalg.inv(J * (1 + 0.01 * entry))
        assert least < np.abs(np.linalg.eigvals(left)).max() < most


def test_near_a_singular_arm_a_wrong_entry_may_make_the_steps_diverge():
    J = two_link_arm().jac(np.array([0.4, 0.01]))
    left = np.eye(2) - J @ np.linalg.inv(J * [[1.01, 1], [1, 1]])
    assert np.abs(np.linalg.eigvals(left)).max() > 2
