"""What the Hessians chapter says and no cell of it shows."""

import numpy as np
import pytest
from numpy.linalg import eigh, eigvalsh, norm
from solutions import defined

from companion.datasets import load
from companion.descent import gradient_descent, newton
from companion.hessians import hessian
from companion.jacobians import jacobian
from companion.problems import hill_and_hollow, saddle


def patients():
    """The data of the pages on the network, and Z with a column of ones."""
    data = load("breast_cancer")
    X, s = data.X[:, :10], 2 * data.y - 1
    Z = (X - X.mean(axis=0)) / X.std(axis=0)
    return {"Z": Z, "Z_hat": np.column_stack([Z, np.ones(len(s))]), "s": s, "nu": 1e-3, "m": len(s)}


def test_tests_along_the_axes_contradict_each_other_or_agree_on_what_is_wrong():
    np.testing.assert_array_equal(np.diag(saddle().hess(np.zeros(2))), [1, -1])
    H = hill_and_hollow().hess(np.array([0.0, 1.0]))
    np.testing.assert_array_equal(np.diag(H), [6, 6])
    np.testing.assert_allclose(eigvalsh(H), [-6, 18])


def test_powers_forget_one_end_of_the_chain_and_their_combinations_show_both():
    n, k = 1000, 0.25
    x = np.ones(n)
    x[250], x[700] = 0.0, 2.0
    diagonal = 3 * x**2 - 1 + 2 * k
    diagonal[[0, -1]] -= k
    H = np.diag(diagonal) - k * (np.eye(n, k=1) + np.eye(n, k=-1))
    lam, Q = eigh(H)
    powers = [np.random.default_rng(0).standard_normal(n)]
    for _ in range(8):
        powers.append(H @ powers[-1] / norm(powers[-1]))
    low = [np.square(Q[:, 0] @ v) / (v @ v) for v in powers]
    assert (np.diff(low) < 0).all()
    assert low[5] < 1e-6 * low[0]
    V, _ = np.linalg.qr(np.column_stack([v / norm(v) for v in powers]))
    theta, s = eigh(V.T @ H @ V)
    np.testing.assert_allclose(theta[[0, -1]], lam[[0, -1]], atol=1e-3)
    Y = V @ s
    np.testing.assert_allclose(norm(Y, axis=0), 1)
    np.testing.assert_allclose(np.sum(Y * (H @ Y), axis=0), theta, atol=1e-12)


def test_the_two_eigenvalues_of_the_chain_are_right_to_200_000_digits():
    """By the residual of a vector that decays from the bead, as the ends are far."""
    k = 0.25
    for U in (-3.0, 9.0):
        root = np.sign(U) * np.sqrt(U**2 + 4 * k**2)
        lam, gamma = 2 + 2 * k + root, -2 * k / (U + root)
        for m in (3, 5):  # beads on either side
            diagonal = np.full(2 * m + 1, 2 + 2 * k)
            diagonal[[0, -1]] -= k
            diagonal[m] += U
            H = np.diag(diagonal) - k * (np.eye(2 * m + 1, k=1) + np.eye(2 * m + 1, k=-1))
            y = gamma ** np.abs(np.arange(-m, m + 1))
            left = norm(H @ y - lam * y)
            assert left <= abs(gamma) ** m + 1e-14
            assert np.abs(eigvalsh(H) - lam).min() <= left + 1e-14
        assert np.log10(9) + 250_000 * np.log10(abs(gamma)) < -200_000  # the other bead's row, too


def test_a_quarter_of_a_small_gap_asks_for_twice_the_products():
    granted = defined("hessians/lanczos")["granted"]
    before, after = (granted(-1, 0, gap, 10**6, 1e-4) for gap in (0.01, 0.0025))
    assert after / before == pytest.approx(2, abs=0.05)


def test_decay_shrinks_the_unit_that_is_asleep_and_newton_takes_the_rest():
    page = defined("hessians/neural_network")
    page |= patients()
    w0 = np.random.default_rng(0).standard_normal(97) / np.sqrt(10)
    net, net_grad, units = (page[name] for name in ("net", "net_grad", "units"))
    near = gradient_descent(net, net_grad, w0, "armijo", tol=0.1)
    assert units(w0)[0] == pytest.approx(0.9, abs=0.05)
    assert units(near.x)[0] == pytest.approx(0.2, abs=0.05)
    assert norm(near.x) >= norm(near.x - w0)  # a tenth of the larger is one of the former
    assert 300 < norm(net_grad(w0)) / norm(net_grad(near.x)) < 1000


def test_a_local_maximum_of_the_quartic_is_not_its_largest_value():
    p = np.polynomial.Polynomial([0, 0, -12, -4, 3])
    assert (p(0), p.deriv()(0), p.deriv(2)(0)) == (0, 0, -24)
    assert p(3) == 27
    assert (np.diff(p(np.geomspace(3, 1e6, 20))) > 0).all()


def test_half_axes_of_the_contour_at_the_height_one_half():
    rng = np.random.default_rng(0)
    B = rng.standard_normal((4, 4))
    lam, Q = eigh(B @ B.T)
    for tip in (Q / np.sqrt(lam)).T:
        assert tip @ (B @ B.T) @ tip / 2 == pytest.approx(0.5)
    assert np.sqrt(lam[-1] / lam[0]) == pytest.approx(lam[0] ** -0.5 / lam[-1] ** -0.5)


def test_on_raw_columns_twenty_thousand_steps_are_not_enough():
    data, nu = load("breast_cancer"), 1e-3
    A, s = np.column_stack([data.X[:, :10], np.ones(len(data.y))]), 2 * data.y - 1

    def f(w):
        return np.logaddexp(0, -s * (A @ w)).mean() + nu / 2 * (w @ w)

    def grad(w):
        return -A.T @ (s / (1 + np.exp(s * (A @ w)))) / len(s) + nu * w

    def hess(w):
        p = 1 / (1 + np.exp(-A @ w))
        return (A.T * (p * (1 - p))) @ A / len(A) + nu * np.eye(11)

    w = np.zeros(11)
    step = 1 / eigvalsh(hess(w))[-1]
    for _ in range(20_000):
        w = w - step * grad(w)
    assert f(w) == pytest.approx(0.32, abs=0.005)
    assert newton(f, grad, hess, np.zeros(11)).fun == pytest.approx(0.206, abs=5e-4)


def test_of_a_quadratic_the_second_remainder_is_rounding():
    rng = np.random.default_rng(0)
    H = rng.standard_normal((5, 5))
    H, g, v = H + H.T, rng.standard_normal(5), rng.standard_normal(5)
    for h in np.geomspace(1e-4, 0.1, 25):
        change = g @ (h * v) + (h * v) @ H @ (h * v) / 2
        assert abs(change - h * (g @ v) - h**2 * (v @ H @ v) / 2) < 1e-14


def test_with_eigenvalues_4_1_and_0_a_point_may_be_a_saddle_or_a_minimum():
    def f(t, power):
        return 4 * t[0] ** 2 + t[1] ** 2 + t[2] ** power

    assert f([0, 0, -0.01], 3) < 0 < f([0, 0, 0.01], 3)
    rng = np.random.default_rng(0)
    assert (f(rng.standard_normal((3, 1000)), 4) > 0).all()


def test_rows_of_the_jacobian_have_a_few_directions_in_common_and_a_fit_makes_misfits_small():
    page = defined("hessians/gauss_newton")
    page |= patients()
    s = page["s"]
    loss, grad, outputs, slopes = (page[name] for name in ("loss", "grad", "outputs", "slopes"))
    w0 = np.random.default_rng(0).standard_normal(97) / np.sqrt(10)
    near = gradient_descent(loss, grad, w0, "armijo", tol=0.01)
    end = newton(loss, grad, lambda w: hessian(None, w, grad=grad), near.x)
    misfits = []
    for w in (w0, end.x):
        J, z = jacobian(outputs, w, "forward-mode"), outputs(w)
        sigma = np.linalg.svd(J, compute_uv=False)
        assert np.sum(sigma[:10] ** 2) > 0.8 * np.sum(sigma**2)  # a tenth of the 97 directions
        assert (sigma < 0.1 * sigma[0]).sum() > 97 / 2
        p = 1 / (1 + np.exp(-z))
        np.testing.assert_allclose(slopes(z), (p - (s == 1)) / len(s), atol=1e-15)
        misfits.append(np.abs(slopes(z)).sum())
    assert misfits[1] < misfits[0] / 5


def test_the_rest_has_a_block_for_each_hidden_unit():
    page = defined("hessians/outliers")
    page |= patients()
    Z_hat, into = page["Z_hat"], np.arange(88).reshape(11, 8)
    for seed in (0, 1):
        w = np.random.default_rng(seed).standard_normal(97) / np.sqrt(10)
        U, c = np.tanh(Z_hat @ w[into]), page["slopes"](page["outputs"](w))
        tau = Z_hat.T @ (c[:, None] * (1 - U**2))
        blocks = np.zeros((97, 97))
        for j, (u, omega) in enumerate(zip(U.T, w[88:96], strict=True)):
            weights = -2 * omega * c * u * (1 - u**2)
            blocks[np.ix_(into[:, j], into[:, j])] = Z_hat.T @ (weights[:, None] * Z_hat)
            blocks[into[:, j], 88 + j] = blocks[88 + j, into[:, j]] = tau[:, j]
        _, S = page["split"](w)
        np.testing.assert_allclose(S, blocks, atol=1e-6)
        gradient = page["grad"](w)[into]
        np.testing.assert_allclose(gradient, w[88:96] * tau + page["nu"] * w[into], atol=1e-12)


def test_the_pull_on_the_unit_that_is_asleep_is_stronger_than_the_decay():
    page = defined("hessians/neural_network")
    page |= patients()
    net, net_grad, net_hess = (page[name] for name in ("net", "net_grad", "net_hess"))
    w0 = np.random.default_rng(0).standard_normal(97) / np.sqrt(10)
    near = gradient_descent(net, net_grad, w0, "armijo", tol=0.1)
    end = newton(net, net_grad, net_hess, near.x)
    _, _, z = page["forward"](end.x)
    tau = page["Z_hat"].T @ (-page["s"] / (1 + np.exp(page["s"] * z)) / page["m"])
    lam, Q = np.linalg.eigh(net_hess(end.x))
    assert lam[0] == pytest.approx(page["nu"] - norm(tau), abs=1e-7)
    assert lam[0] == pytest.approx(-0.00115, abs=5e-6)
    down = np.zeros(97)
    down[np.arange(88).reshape(11, 8)[:, 0]], down[88] = tau, -norm(tau)
    assert abs(Q[:, 0] @ down) / norm(down) == pytest.approx(1, abs=1e-6)
