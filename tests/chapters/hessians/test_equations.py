"""Each labelled equation of the Hessians chapter, on random instances."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from companion.hessians import (
    classify_critical_point,
    directional_curvature,
    extreme_eigenvalues,
    hessian,
    hessian_vector_product,
)
from companion.hessians._lanczos import Basis
from companion.jacobians import gradient, jacobian, jvp, vjp
from companion.problems import bowl, hill_and_hollow

seeds = st.integers(0, 10**6)
few = settings(deadline=None, derandomize=True, max_examples=15)


def instance(seed, n=4):
    """A smooth f, its gradient and Hessian by hand, a point and a unit direction."""
    rng = np.random.default_rng(seed)
    A, x, d = rng.standard_normal((n, n)), *rng.standard_normal((2, n))

    def f(x):
        return np.sum(np.exp(A @ x / 2)) + x[0] ** 2 * x[1]

    def grad(x):
        head = np.stack([2 * x[0] * x[1], x[0] ** 2])
        return A.T @ np.exp(A @ x / 2) / 2 + np.concatenate([head, 0 * x[2:]])

    def hess(x):
        H = (A.T * np.exp(A @ x / 2)) @ A / 4
        H[0, 0] += 2 * x[1]
        H[0, 1] += 2 * x[0]
        H[1, 0] += 2 * x[0]
        return H

    return f, grad, hess, x, d / np.linalg.norm(d)


def slope(h, errors):
    return np.polyfit(np.log(h), np.log(errors), 1)[0]


@pytest.mark.equation("eq:hessian")
@given(seeds)
@few
def test_the_hessian_is_the_jacobian_of_the_gradient(seed):
    f, grad, hess, x, _ = instance(seed)
    size = np.abs(hess(x)).max()
    assert np.abs(jacobian(grad, x, "forward-mode") - hess(x)).max() <= 1e-13 * size
    assert np.abs(hessian(None, x, grad=grad) - hess(x)).max() <= 1e-8 * size
    h, H = 1e-5, hessian(f, x, method="forward-mode")
    for j, e in enumerate(h * np.eye(len(x))):
        column = (grad(x + e) - grad(x - e)) / (2 * h)
        assert np.abs(column - H[:, j]).max() <= 1e-6 * size


@pytest.mark.equation("eq:second-difference")
@given(seeds)
@few
def test_four_corners_make_a_second_derivative_with_an_error_of_first_order(seed):
    f, _, hess, x, _ = instance(seed)
    e, H = np.eye(len(x)), hess(x)
    h = np.array([1e-2, 1e-3])
    for i in range(len(x)):
        for j in range(len(x)):
            corners = [
                f(x + k * (e[i] + e[j])) - f(x + k * e[i]) - f(x + k * e[j]) + f(x) for k in h
            ]
            errors = np.abs(np.array(corners) / h**2 - H[i, j])
            assert errors[1] <= 0.2 * errors[0] + 1e-6 * np.abs(H).max()
    size = np.abs(H).max() + abs(f(x))
    np.testing.assert_allclose(hessian(f, x, method="forward"), H, atol=1e-2 * size)


@pytest.mark.equation("eq:second-remainder")
@given(seeds)
@few
def test_the_second_remainder_has_slope_3_only_with_both_right(seed):
    f, grad, hess, x, v = instance(seed)
    h = np.geomspace(1e-3, 1e-2, 8)

    def remainder(g, H):
        model = f(x) + h * (g @ v) + h**2 * (v @ H @ v) / 2
        return np.abs([f(x + k * v) for k in h] - model)

    g, H = grad(x), hess(x)
    scale = np.abs(H).max()
    R = remainder(g, H)
    if R.min() > 1e-11 * (1 + abs(f(x))):  # not lost to rounding
        # The slope is 4 where the third derivative happens to be small.
        assert slope(h, R) > 2.7
    assert slope(h, remainder(g, H + scale * np.eye(4))) == pytest.approx(2, abs=0.1)
    assert slope(h, remainder(g + scale * v, H)) == pytest.approx(1, abs=0.1)


def test_an_antisymmetric_mistake_hides_from_the_slope():
    E = np.random.default_rng(0).standard_normal((5, 5))
    for v in np.random.default_rng(1).standard_normal((10, 5)):
        assert abs(v @ (E - E.T) @ v) < 1e-13


@pytest.mark.equation("eq:along-a-line")
@given(seeds)
@few
def test_slope_and_bending_along_a_line(seed):
    f, grad, hess, x, d = instance(seed)

    def phi(t):
        return f(x + t[0] * d)

    size = np.abs(hess(x)).max() + np.abs(grad(x)).max()
    assert gradient(phi, [0.0], "complex-step")[0] == pytest.approx(grad(x) @ d, abs=1e-12 * size)
    assert hessian(phi, [0.0]).item() == pytest.approx(d @ hess(x) @ d, abs=1e-5 * size)


@pytest.mark.equation("eq:directional-curvature")
@given(seeds)
@few
def test_curvature_is_a_mean_of_eigenvalues_weighted_by_squared_cosines(seed):
    *_, hess, x, d = instance(seed)
    H = hess(x)
    lam, Q = np.linalg.eigh(H)
    angles = np.arccos(np.clip(Q.T @ d, -1, 1))
    weights = np.cos(angles) ** 2
    assert weights.sum() == pytest.approx(1)
    curvature = directional_curvature(lambda v: H @ v, 3 * d)
    assert curvature == pytest.approx(weights @ lam, rel=1e-10, abs=1e-10)
    assert lam[0] - 1e-9 <= curvature <= lam[-1] + 1e-9


def test_peanos_curvature_is_half_the_sine_of_four_times_the_angle():
    for t in np.linspace(0.1, 6, 17):
        x, y = np.cos(t), np.sin(t)
        curvature = 2 * x * y * (x**2 - y**2) / (x**2 + y**2)  # f(sd) = s² curvature / 2
        assert curvature == pytest.approx(np.sin(4 * t) / 2)


@pytest.mark.equation("eq:condition-number")
@given(seeds)
@few
def test_contours_are_ellipses_with_axes_in_the_ratio_of_the_root_of_kappa(seed):
    rng = np.random.default_rng(seed)
    f = bowl(rng.uniform(0.1, 50, 2), angle=rng.uniform(0, 3))
    lam = np.linalg.eigvalsh(f.hess(f.x0))
    t = np.linspace(0, np.pi, 20_001)
    circle = np.stack([np.cos(t), np.sin(t)])
    radii = np.sqrt(0.5 / f(circle))  # where f(radius · direction) = ½
    assert (radii.max() / radii.min()) ** 2 == pytest.approx(lam[1] / lam[0], rel=1e-4)
    assert np.linalg.cond(f.hess(f.x0)) == pytest.approx(lam[1] / lam[0])


def test_a_change_of_units_changes_kappa_by_at_most_its_square():
    rng = np.random.default_rng(0)
    for _ in range(20):
        s, M = 10 ** rng.uniform(0, 3), rng.standard_normal((3, 3))
        H, S = M @ M.T, np.diag([1, s, 1])
        assert np.linalg.cond(S @ H @ S) <= s**2 * np.linalg.cond(H) * (1 + 1e-6)


@pytest.mark.equation("eq:quartic")
@given(st.integers(-300, 300).map(lambda k: k / 100))
@few
def test_the_quartic_and_its_derivatives(t):
    def p(x):
        return 3 * x[0] ** 4 - 4 * x[0] ** 3 - 12 * x[0] ** 2

    slope = gradient(p, [t], "complex-step")[0]
    assert slope == pytest.approx(12 * t * (t + 1) * (t - 2), abs=1e-10)
    assert hessian(p, [t]).item() == pytest.approx(36 * t**2 - 24 * t - 24, abs=1e-4)


@pytest.mark.equation("eq:hill-and-hollow")
@pytest.mark.equation("eq:hill-and-hollow-hessian")
@given(seeds)
@few
def test_the_landscape_is_the_polynomial_with_these_derivatives(seed):
    f = hill_and_hollow()
    x = np.random.default_rng(seed).uniform(-2, 2, 2)
    a, b = x
    value = 2 * a**3 + 3 * a**2 * b + 6 * a * b**2 + b**3 - 6 * a - 3 * b
    assert f(x) == pytest.approx(value)
    squares = a**2 + b**2 - 1
    np.testing.assert_allclose(f.grad(x), [6 * (squares + a * b), 3 * (squares + 4 * a * b)])
    np.testing.assert_allclose(gradient(f.f, x, "complex-step"), f.grad(x), atol=1e-12)
    entries = 12 * a + 6 * b, 6 * a + 12 * b
    np.testing.assert_allclose(f.hess(x), [entries, entries[::-1]])
    np.testing.assert_allclose(jacobian(f.grad, x, "complex-step"), f.hess(x), atol=1e-12)
    expected = np.sort([18 * (a + b), 6 * (a - b)])
    np.testing.assert_allclose(np.linalg.eigvalsh(f.hess(x)), expected, atol=1e-12)


def test_a_wrong_sign_in_the_landscape_would_show():
    kinds = [
        classify_critical_point(f.grad(x), f.hess(x)).kind
        for f in [hill_and_hollow()]
        for x in np.array([[1.0, 0], [0, 1], [0, -1], [-1, 0]])
    ]
    assert kinds == ["minimum", "saddle", "saddle", "maximum"]


@pytest.mark.equation("eq:hvp")
@given(seeds)
@few
def test_two_gradients_make_a_product_with_an_error_of_second_order(seed):
    _, grad, hess, x, v = instance(seed)
    h = np.array([4e-2, 2e-2, 1e-2])
    Hv = hess(x) @ v
    errors = [np.abs((grad(x + k * v) - grad(x - k * v)) / (2 * k) - Hv).max() for k in h]
    assert slope(h, errors) == pytest.approx(2, abs=0.1)
    product = hessian_vector_product(grad, x, v)
    assert np.abs(product - Hv).max() <= 1e-8 * np.abs(hess(x)).max()


def chain(k):
    def f(x):
        return np.sum((x**2 - 1) ** 2) / 4 + k / 2 * np.sum((x[1:] - x[:-1]) ** 2)

    def grad(x):
        pull = k * (x[1:] - x[:-1])
        none = 0 * x[:1]
        return x**3 - x - np.concatenate([pull, none]) + np.concatenate([none, pull])

    def hess(x):
        H = np.diag(3 * x**2 - 1 + 2 * k)
        H[0, 0] -= k
        H[-1, -1] -= k
        return H - k * (np.eye(len(x), k=1) + np.eye(len(x), k=-1))

    return f, grad, hess


@pytest.mark.equation("eq:chain")
@pytest.mark.equation("eq:chain-hessian")
@given(seeds, st.floats(0.1, 2))
@few
def test_the_chain_has_this_gradient_and_this_tridiagonal_hessian(seed, k):
    f, grad, hess = chain(k)
    x = np.random.default_rng(seed).uniform(-2, 2, 6)
    np.testing.assert_allclose(gradient(f, x, "complex-step"), grad(x), atol=1e-12)
    np.testing.assert_allclose(jacobian(grad, x, "complex-step"), hess(x), atol=1e-12)
    # By Gershgorin's theorem, near 1 all eigenvalues are positive.
    x = 1 + np.random.default_rng(seed).uniform(-0.2, 0.2, 6)
    assert np.linalg.eigvalsh(hess(x))[0] >= 3 * 0.8**2 - 1


@pytest.mark.equation("eq:defect")
@given(st.floats(0.1, 1), st.sampled_from([(0.0, -3.0), (2.0, 9.0), (1.5, 3.75)]))
@few
def test_one_odd_bead_has_one_eigenvalue_outside_the_band(k, case):
    odd, U = case
    x = np.ones(241)
    x[120] = odd
    lam = np.linalg.eigvalsh(chain(k)[2](x))
    expected = 2 + 2 * k + np.sign(U) * np.sqrt(U**2 + 4 * k**2)
    assert lam[0 if U < 0 else -1] == pytest.approx(expected, abs=1e-9)
    others = lam[1:] if U < 0 else lam[:-1]
    assert others.min() >= 2 - 1e-12
    assert others.max() <= 2 + 4 * k + 1e-12


@pytest.mark.equation("eq:residual")
@given(seeds)
@few
def test_an_eigenvalue_lies_within_the_residual(seed):
    rng = np.random.default_rng(seed)
    A, y, theta = rng.standard_normal((6, 6)), rng.standard_normal(6), rng.standard_normal()
    H = A + A.T
    y /= np.linalg.norm(y)
    lam, Q = np.linalg.eigh(H)
    residual = np.linalg.norm(H @ y - theta * y)
    assert residual**2 == pytest.approx((lam - theta) ** 2 @ (Q.T @ y) ** 2)
    assert np.abs(lam - theta).min() <= residual
    found = extreme_eigenvalues(lambda v: H @ v, 6)
    for value, r in zip((found.smallest, found.largest), found.residuals, strict=True):
        assert np.abs(lam - value).min() <= r + 1e-14


def spread(seed, n=60):
    """Eigenvalues that are well apart at the upper end, and a basis of n products."""
    rng = np.random.default_rng(seed)
    lam = np.sort(np.concatenate([rng.uniform(-1, 1, n - 1), rng.uniform(1.2, 3, 1)]))
    Q, _ = np.linalg.qr(rng.standard_normal((n, n)))
    return lam, Q, Basis(lambda v: Q @ (lam * (Q.T @ v)), n, np.random.default_rng(seed))


@pytest.mark.equation("eq:lanczos")
@given(seeds)
@few
def test_a_product_has_parts_along_three_vectors_of_the_basis(seed):
    lam, Q, basis = spread(seed)
    for _ in range(12):
        basis.extend()
    V, M = basis.V[:12], basis.M[:12, :12]
    off = M[np.abs(np.subtract.outer(np.arange(12), np.arange(12))) > 1]
    assert np.abs(off).max() <= 1e-12 * np.abs(M).max()
    HV = (Q * lam) @ Q.T @ V.T / basis.unit
    rest = HV - V.T @ M
    np.testing.assert_allclose(rest[:, :-1], 0, atol=1e-12)
    np.testing.assert_allclose(rest[:, -1], basis.beta * basis.q, atol=1e-12)
    np.testing.assert_allclose(V @ V.T, np.eye(12), atol=1e-12)


@pytest.mark.equation("eq:ritz-residual")
@given(seeds, st.integers(2, 30))
@few
def test_the_last_entries_of_the_small_eigenvectors_tell_the_residuals(seed, k):
    lam, Q, basis = spread(seed)
    for _ in range(k):
        basis.extend()
    theta, S = np.linalg.eigh(basis.M[:k, :k])
    Y = S.T @ basis.V[:k]
    HY = (Y @ Q * lam) @ Q.T / basis.unit
    residuals = np.linalg.norm(HY - theta[:, None] * Y, axis=1)
    told = basis.beta * np.abs(S[-1])
    np.testing.assert_allclose(told, residuals, atol=1e-12)
    largest = np.abs(theta[[0, -1]]).max()
    assert basis.relative_estimate() == pytest.approx(told[[0, -1]].max() / largest)


@pytest.mark.equation("eq:squared-residual")
@given(seeds)
@few
def test_a_gap_squares_the_residual(seed):
    rng = np.random.default_rng(seed)
    A, y = rng.standard_normal((6, 6)), rng.standard_normal(6)
    lam, Q = np.linalg.eigh(A + A.T)
    for closer in (0, 2, 20, 1000):
        near = y + closer * Q[:, 3]
        near /= np.linalg.norm(near)
        Hy = (A + A.T) @ near
        theta = near @ Hy
        error, delta = np.sort(np.abs(lam - theta))[:2]
        assert error * delta <= np.linalg.norm(Hy - theta * near) ** 2 * (1 + 1e-9) + 1e-13


@pytest.mark.equation("eq:lanczos-rate")
@given(seeds)
@few
def test_the_largest_ritz_value_is_no_farther_than_chebyshev_grants(seed):
    lam, Q, basis = spread(seed)
    phi = np.arccos(np.abs(Q[:, -1] @ basis.q))
    gamma = (lam[-1] - lam[-2]) / (lam[-2] - lam[0])
    for k in range(1, 20):
        basis.extend()
        theta = np.linalg.eigvalsh(basis.M[:k, :k])[-1] * basis.unit
        grows = np.cosh((k - 1) * np.arccosh(1 + 2 * gamma))
        bound = (lam[-1] - lam[0]) * (np.tan(phi) / grows) ** 2
        assert -1e-12 <= lam[-1] - theta <= bound + 1e-12
    assert bound < 0.1 * (lam[-1] - lam[0])


def network(seed, K=3):
    """The outputs of a small network for one example, the loss of its class 0, and weights."""
    rng = np.random.default_rng(seed)
    x, w, v = rng.standard_normal(4), *rng.standard_normal((2, 35))

    def outputs(w):
        return w[20 : 20 + 5 * K].reshape(K, 5) @ np.tanh(w[:20].reshape(5, 4) @ x)

    def loss(z):
        return np.log(np.exp(z).sum()) - z[0]

    z = outputs(w)
    p = np.exp(z) / np.exp(z).sum()
    return outputs, loss, p - np.eye(K)[0], np.diag(p) - np.outer(p, p), w, v


@pytest.mark.equation("eq:gauss-newton")
@given(seeds)
@few
def test_half_a_sum_of_squares_has_a_hessian_of_two_parts(seed):
    outputs, *_, w, v = network(seed)
    target = np.array([1.0, -2.0, 0.5])

    def f(w):
        return ((outputs(w) - target) ** 2).sum() / 2

    J, r = jacobian(outputs, w, "forward-mode"), outputs(w) - target
    bent = [hessian(lambda w, i=i: outputs(w)[i], w, method="forward-mode") for i in range(3)]
    H = hessian(f, w, method="forward-mode")
    second = np.tensordot(r, bent, 1)
    np.testing.assert_allclose(J.T @ J + second, H, atol=1e-6 * np.abs(H).max())
    assert np.linalg.eigvalsh(J.T @ J)[0] >= -1e-12 * np.abs(J.T @ J).max()
    assert v @ J.T @ J @ v == pytest.approx(np.linalg.norm(J @ v) ** 2)


@pytest.mark.equation("eq:gauss-newton-loss")
@given(seeds)
@few
def test_a_loss_of_outputs_has_a_hessian_of_two_parts(seed):
    outputs, loss, slopes, H_out, w, _ = network(seed)
    z, J = outputs(w), jacobian(outputs, w, "forward-mode")
    np.testing.assert_allclose(gradient(loss, z, "reverse-mode"), slopes, atol=1e-12)
    np.testing.assert_allclose(hessian(loss, z, method="forward-mode"), H_out, atol=1e-7)
    assert np.linalg.eigvalsh(H_out)[0] >= -1e-12
    second = hessian(None, w, grad=lambda w: vjp(outputs, w, slopes))
    H = hessian(lambda w: loss(outputs(w)), w, method="forward-mode")
    np.testing.assert_allclose(J.T @ H_out @ J + second, H, atol=1e-6 * np.abs(H).max())


@pytest.mark.equation("eq:gauss-newton-product")
@given(seeds)
@few
def test_a_forward_and_a_reverse_product_make_one_with_gauss_newton(seed):
    outputs, _, _, H_out, w, v = network(seed)
    J = jacobian(outputs, w, "reverse-mode")
    product = vjp(outputs, w, H_out @ jvp(outputs, w, v))
    G = J.T @ H_out @ J
    np.testing.assert_allclose(product, G @ v, atol=1e-12 * np.abs(G).max() * len(v))


def two_parts(seed, n=7):
    """A positive semidefinite G with a null space, a symmetric S, ν and a gradient."""
    rng = np.random.default_rng(seed)
    J, A = rng.standard_normal((n - 2, n)), rng.standard_normal((n, n))
    return J.T @ J, (A + A.T) / 2, rng.uniform(0, 0.1), rng.standard_normal(n)


@pytest.mark.equation("eq:weyl")
@given(seeds)
@few
def test_no_eigenvalue_moves_farther_than_what_is_added_reaches(seed):
    G, S, nu, _ = two_parts(seed)
    ends = np.linalg.eigvalsh(S)[[0, -1]]
    moved = np.linalg.eigvalsh(G + S + nu * np.eye(7)) - nu - np.linalg.eigvalsh(G)
    assert ends[0] - 1e-12 <= moved.min()
    assert moved.max() <= ends[1] + 1e-12


@pytest.mark.equation("eq:damped-step")
@pytest.mark.equation("eq:damped-model")
@given(seeds)
@few
def test_enough_damping_makes_a_step_that_lowers_the_true_model(seed):
    G, S, nu, g = two_parts(seed)
    eye, H = np.eye(7), G + S + nu * np.eye(7)
    enough = np.linalg.eigvalsh(S)[-1] / 2
    for mu in (0.1 * enough, enough, 3 * enough):
        d = np.linalg.solve(G + nu * eye + mu * eye, -g)
        model = g @ d + d @ H @ d / 2
        assert g @ d < 0
        assert model == pytest.approx(-d @ (G + nu * eye + 2 * mu * eye - S) @ d / 2, abs=1e-9)
        assert mu < enough or model < 1e-12


@given(seeds)
@few
def test_conjugate_gradients_on_a_positive_definite_matrix_lead_down_after_any_round(seed):
    G, _, nu, g = two_parts(seed)
    M = G + (nu + 0.01) * np.eye(7)
    d, r, p = 0 * g, -g, -g
    for _ in range(7):
        length = (r @ r) / (p @ M @ p)
        d, r_new = d + length * p, r - length * M @ p
        p, r = r_new + (r_new @ r_new) / (r @ r) * p, r_new
        assert g @ d <= -d @ M @ d / 2 < 0


@pytest.mark.equation("eq:logistic")
@given(seeds)
@few
def test_the_logistic_loss_has_this_hessian(seed):
    rng = np.random.default_rng(seed)
    A, s, w = rng.standard_normal((12, 3)), rng.choice([-1, 1], 12), rng.standard_normal(3)

    def f(w):
        return np.mean(np.log(1 + np.exp(-s * (A @ w))))

    p = 1 / (1 + np.exp(-A @ w))
    H = A.T @ np.diag(p * (1 - p)) @ A / 12
    np.testing.assert_allclose(hessian(f, w, method="forward-mode"), H, atol=1e-8)
    assert np.linalg.eigvalsh(H)[0] >= 0


def test_with_fewer_than_three_derivatives_the_right_hessian_may_miss_slope_3():
    h = np.geomspace(1e-6, 1e-2, 9)
    rest = np.abs(h) ** 2.5 - 0 * h - 0 * h**2  # f = |x|^2.5 at 0, where g = 0 and H = 0
    assert np.polyfit(np.log(h), np.log(rest), 1)[0] == pytest.approx(2.5)
