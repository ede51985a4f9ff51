"""Each function of the tables, in both modes, against central differences."""

import numpy as np
import pytest
from tracing import (
    JACOBIANS,
    M,
    Q,
    S,
    assert_derivatives_match_differences,
    assert_values_are_those_of_numpy,
    c,
    cube,
    differences,
    each_case,
    x0,
)

from companion.autodiff import TracingError
from companion.autodiff._derivative_rules import BINARY, UNARY
from companion.autodiff._forward_mode import Dual
from companion.autodiff._linear_maps import Operand
from companion.autodiff._reverse_mode import Tape, Variable
from companion.autodiff._traced_functions import FUNCTIONS, OF_VALUES, UFUNCS
from companion.autodiff._traced_products import PRODUCT_UFUNCS, PRODUCTS
from companion.autodiff._traced_reductions import ACCUMULATIONS, REDUCTIONS

shuffled = np.array([2, 0, 2, 1])

CASES = {
    np.absolute: [lambda x: np.abs(x), lambda x: abs(M(x))],
    np.fabs: [lambda x: np.fabs(x)],
    np.maximum: [
        lambda x: np.maximum(x, c),
        lambda x: np.maximum(M(x), x[1]),
        lambda x: np.maximum.reduce(x),
        lambda x: np.maximum.reduce(M(x), axis=1),
        lambda x: np.maximum.accumulate(x),
        lambda x: np.maximum.accumulate(M(x), axis=1),
    ],
    np.minimum: [
        lambda x: np.minimum.accumulate(M(x)),
        lambda x: np.minimum(0.5, x),
        lambda x: np.minimum.reduce(M(x)),
    ],
    np.fmax: [lambda x: np.fmax(x, c)],
    np.fmin: [lambda x: np.fmin(x, [0.0, np.nan, 0.0, 0.0, np.nan, 0.0])],
    np.divmod: [lambda x: divmod(x, 0.9)[1], lambda x: np.divmod(x[0], x[2])[1]],
    np.sum: [
        lambda x: np.sum(x),
        lambda x: x.sum(),
        lambda x: np.sum(M(x), axis=1),
        lambda x: M(x).sum(0),
        lambda x: np.sum(M(x), (0, 1)),
        lambda x: np.sum(M(x), -1, keepdims=True),
        lambda x: np.sum(M(x), keepdims=True, dtype=float, where=True),
        lambda x: np.add.reduce(M(x)),
        lambda x: sum(x**2),
        lambda x: np.sum(x, where=c > 0),
        lambda x: M(x).sum(1, where=[True, False, True], initial=2.0, keepdims=True),
        lambda x: np.sum(M(x), 0, initial=x[0]),
        lambda x: np.sum(np.log(x), where=x > 0),
    ],
    np.mean: [
        lambda x: np.mean(M(x), 1, where=M(c) > -1),
        lambda x: x.mean(),
        lambda x: np.mean(M(x), 1),
        lambda x: np.mean(M(x), (0, 1)),
    ],
    np.average: [
        lambda x: np.average(x),
        lambda x: np.average(M(x), 0, keepdims=True),
        lambda x: np.average(x, weights=c + 3),
        lambda x: np.average(c, weights=x + 3),
        lambda x: np.average(list(c), weights=x + 3),
        lambda x: np.average(M(x), 1, x[:3] + 3),
        lambda x: np.average(M(x), 1, M(c) + 3, keepdims=True),
        lambda x: np.average(cube[:, :, :3], (2, 0), M(x).T + 3),
    ],
    np.var: [
        lambda x: np.var(M(x), 1, where=M(c) > -1, ddof=1),
        lambda x: np.var(x),
        lambda x: M(x).var(1),
        lambda x: np.var(M(x), 0, ddof=1),
    ],
    np.std: [
        lambda x: np.std(x, where=c > 0),
        lambda x: np.std(x),
        lambda x: M(x).std(1, ddof=1, keepdims=True),
    ],
    np.cumsum: [
        lambda x: np.cumsum(x),
        lambda x: np.cumsum(M(x)),
        lambda x: M(x).cumsum(0),
        lambda x: np.cumsum(M(x), -1),
        lambda x: np.add.accumulate(M(x)),
    ],
    np.prod: [
        lambda x: np.prod(x),
        lambda x: M(x).prod(1),
        lambda x: np.prod(M(x), 0, keepdims=True),
        lambda x: np.prod(S(x), axis=(0, 2)),
        lambda x: np.multiply.reduce(M(x)),
        lambda x: np.prod(M(x), 1, where=M(c) > 0, initial=3.0),
        lambda x: np.prod(x, initial=x[1]),
        lambda x: np.prod(x * np.array([1, 0, 1, 1, 1, 1])),
    ],
    np.cumprod: [
        lambda x: np.cumprod(x),
        lambda x: M(x).cumprod(1),
        lambda x: np.cumprod(M(x)),
        lambda x: np.multiply.accumulate(M(x)),
        lambda x: np.cumprod(x * np.array([1, 0, 1, 1, 0, 1])),
    ],
    np.max: [
        lambda x: np.max(M(x), 1, where=M(c) > 0, initial=0.1),
        lambda x: np.max(x[:0], initial=x[1]),
        lambda x: np.max(x),
        lambda x: M(x).max(axis=1),
        lambda x: np.max(M(x), 0),
    ],
    np.amax: [lambda x: np.amax(x, keepdims=True)],
    np.min: [
        lambda x: M(x).min(0, initial=0.5),
        lambda x: np.min(x),
        lambda x: M(x).min(axis=1, keepdims=True),
    ],
    np.amin: [lambda x: np.amin(S(x), (0, 1))],
    np.ptp: [lambda x: np.ptp(x), lambda x: np.ptp(M(x), 1)],
    np.sort: [
        lambda x: np.sort(x),
        lambda x: np.sort(M(x), 0),
        lambda x: np.sort(M(x), -1),
        lambda x: np.sort(M(x), None),
    ],
    np.logaddexp: [
        lambda x: np.logaddexp.accumulate(x),
        lambda x: np.logaddexp.reduce(x),
        lambda x: np.logaddexp.reduce(1000 * M(x), axis=1) / 1000,
    ],
    np.trace: [
        lambda x: np.trace(M(x)),
        lambda x: M(x).trace(1),
        lambda x: np.trace(S(x), 0, 1, 2),
    ],
    np.where: [
        lambda x: np.where(x > 0, x**2, -x),
        lambda x: np.where(x > 0, np.log(x), 0.0),
        lambda x: np.where(c > 0, x[0], c),
        lambda x: np.where(M(x) > 0, x[:3], M(x)),
        lambda x: np.where([True, False], [x[0], x[1]], [x[2], 1.0]),
        lambda x: x * np.where(x > 0)[0].sum(),
    ],
    np.select: [
        lambda x: np.select([x > 1, x > 0], [x**2, np.sqrt(x)], -x),
        lambda x: np.select([x > 1], [x]),
    ],
    np.clip: [
        lambda x: np.clip(x, -0.5, 0.5),
        lambda x: x.clip(min=0.1),
        lambda x: np.clip(x, None, x[2]),
        lambda x: np.clip(0.2, x, 1.0),
        lambda x: np.clip(x, max=1),
    ],
    np.round: [lambda x: x + np.round(x, 2), lambda x: x * np.round(1e3 * M(x).round(), -3)[0, 0]],
    np.around: [lambda x: x * np.around(x)],
    np.sinc: [lambda x: np.sinc(x), lambda x: np.sinc(x - 0.4), lambda x: np.sinc(M(x) / 40)],
    np.zeros_like: [
        lambda x: x + np.zeros_like(x),
        lambda x: np.zeros_like(x, shape=(2, 3)) + M(x),
        lambda x: x * np.zeros_like(x, dtype=int),
    ],
    np.empty_like: [lambda x: 0 * np.empty_like(x) + x],
    np.ones_like: [lambda x: x * np.ones_like(x)],
    np.full_like: [
        lambda x: np.full_like(x, 3.0) * x,
        lambda x: np.full_like(x, x[1]),
        lambda x: np.full_like(x, x[1], shape=(2, 2)),
    ],
    np.linspace: [
        lambda x: np.linspace(x[0], 1.0, 4),
        lambda x: np.linspace(0.0, x[1], 3, endpoint=False),
        lambda x: np.linspace(x[:2], x[2], 3),
    ],
    np.polyval: [lambda x: np.polyval(x, 1.7), lambda x: np.polyval([1, 2, 3], x)],
    np.pad: [lambda x: np.pad(x, 2), lambda x: np.pad(M(x), ((1, 0), (0, 2)), "reflect")],
    np.real: [lambda x: np.real(x), lambda x: x.real],
    np.imag: [lambda x: x + np.imag(x), lambda x: x + x.imag],
    np.append: [lambda x: np.append(x, [1.0, 2.0]), lambda x: np.append(M(c), M(x), axis=0)],
    np.array_split: [lambda x: np.array_split(x, 4)[1]],
    np.atleast_1d: [lambda x: np.atleast_1d(x[0]), lambda x: np.atleast_1d(x, x[1])[1]],
    np.atleast_2d: [lambda x: np.atleast_2d(x)],
    np.atleast_3d: [lambda x: np.atleast_3d(M(x))],
    np.block: [lambda x: np.block([[M(x), np.ones((2, 1))], [c[:3], x[:1]]])],
    np.broadcast_arrays: [lambda x: np.broadcast_arrays(x[:3], M(c))[0]],
    np.broadcast_to: [lambda x: np.broadcast_to(x[:3], (2, 3))],
    np.column_stack: [lambda x: np.column_stack([x, c]), lambda x: np.column_stack((c, x**2))],
    np.compress: [lambda x: np.compress(c > 0, x), lambda x: np.compress([0, 1, 1], M(x), 1)],
    np.concatenate: [
        lambda x: np.concatenate([x, c, x[:2]]),
        lambda x: np.concatenate((M(c), M(x)), axis=1),
        lambda x: np.concatenate([x[:2], [1.0, 2.0]]),
        lambda x: np.concatenate([x, np.array([x[0] * 2, 1.0])]),
    ],
    np.copy: [lambda x: np.copy(x), lambda x: M(x).copy()],
    np.delete: [lambda x: np.delete(x, [1, 3]), lambda x: np.delete(M(x), 1, axis=1)],
    np.diag: [lambda x: np.diag(x), lambda x: np.diag(M(x)), lambda x: np.diag(x[:2], 1)],
    np.diagflat: [lambda x: np.diagflat(M(x))],
    np.diagonal: [lambda x: np.diagonal(M(x)), lambda x: M(x).diagonal(1)],
    np.dsplit: [lambda x: np.dsplit(S(x), 2)[1]],
    np.dstack: [lambda x: np.dstack([M(x), M(c)])],
    np.expand_dims: [lambda x: np.expand_dims(x, 0)],
    np.extract: [lambda x: np.extract(c > 0, x)],
    np.flip: [lambda x: np.flip(x), lambda x: np.flip(M(x), 1)],
    np.fliplr: [lambda x: np.fliplr(M(x))],
    np.flipud: [lambda x: np.flipud(M(x))],
    np.hsplit: [lambda x: np.hsplit(M(x), 3)[2]],
    np.hstack: [lambda x: np.hstack([x, c]), lambda x: np.hstack([x[0], x[1] ** 2])],
    np.insert: [lambda x: np.insert(x, 2, x[0] ** 2), lambda x: np.insert(c, [1, 2], x[:2])],
    np.matrix_transpose: [lambda x: np.matrix_transpose(S(x)), lambda x: S(x).mT],
    np.meshgrid: [lambda x: np.meshgrid(x, c[:2])[0], lambda x: np.meshgrid(c[:2], x)[1]],
    np.moveaxis: [lambda x: np.moveaxis(S(x), 0, 2)],
    np.ravel: [lambda x: np.ravel(M(x)), lambda x: M(x).T.ravel(), lambda x: M(x).flatten()],
    np.repeat: [lambda x: np.repeat(x, 2), lambda x: M(x).repeat([1, 2], axis=0)],
    np.reshape: [
        lambda x: np.reshape(x, (3, 2)),
        lambda x: x.reshape(3, -1),
        lambda x: x.reshape((2, 3), order="F"),
    ],
    np.resize: [lambda x: np.resize(x, (2, 5))],
    np.roll: [lambda x: np.roll(x, 1), lambda x: np.roll(M(x), -1, axis=1)],
    np.rollaxis: [lambda x: np.rollaxis(S(x), 2)],
    np.rot90: [lambda x: np.rot90(M(x))],
    np.split: [lambda x: np.split(x, 3)[1], lambda x: np.split(x, [1, 4])[1]],
    np.squeeze: [lambda x: np.squeeze(x[None, :]), lambda x: x[:, None].squeeze(1)],
    np.stack: [
        lambda x: np.stack([x, c]),
        lambda x: np.stack([x[0] * x[1], np.sin(x[2]), 1.0]),
        lambda x: np.stack((M(x), M(c)), axis=-1),
    ],
    np.swapaxes: [lambda x: np.swapaxes(M(x), 0, 1), lambda x: S(x).swapaxes(0, 2)],
    np.take: [lambda x: np.take(x, shuffled), lambda x: M(x).take(shuffled, axis=1)],
    np.take_along_axis: [lambda x: np.take_along_axis(M(x), np.array([[0, 0], [2, 1]]), 1)],
    np.tile: [lambda x: np.tile(x, 2), lambda x: np.tile(M(x), (2, 1))],
    np.transpose: [
        lambda x: np.transpose(M(x)),
        lambda x: M(x).T,
        lambda x: S(x).transpose(2, 0, 1),
        lambda x: S(x).transpose((1, 0, 2)),
        lambda x: M(x).transpose(),
    ],
    np.tril: [lambda x: np.tril(M(x))],
    np.triu: [lambda x: np.triu(M(x), 1)],
    np.unstack: [lambda x: np.unstack(M(x))[1]],
    np.vsplit: [lambda x: np.vsplit(M(x), 2)[0]],
    np.vstack: [lambda x: np.vstack([x, c]), lambda x: np.vstack([x[:2], [1.0, x[2]]])],
    "indexing": [
        lambda x: x[2],
        lambda x: x[-1] * x[np.int64(1)],
        lambda x: x[1:5:2],
        lambda x: x[::-1],
        lambda x: x[shuffled],
        lambda x: x[[0, 0, 0]],
        lambda x: x[c > 0],
        lambda x: x[x > 0],
        lambda x: x[None, ..., None],
        lambda x: x[...],
        lambda x: M(x)[1, 2],
        lambda x: M(x)[1][2],
        lambda x: M(x)[:, 1],
        lambda x: M(x)[..., 1],
        lambda x: M(x)[..., None, [1, 1]],
        lambda x: M(x)[[0, 1, 0], [2, 2, 2]],
        lambda x: S(x)[[0, 1], :, [1, 1]],
        lambda x: S(x)[[0, 1], ..., [1, 1]],
        lambda x: M(x)[M(c) > 0],
        lambda x: M(x)[:, [True, False, True]],
        lambda x: M(x)[np.argsort(x[:2])],
        lambda x: x[np.argmax(x)],
    ],
    "outer": [
        lambda x: np.multiply.outer(x, c[:2]),
        lambda x: np.subtract.outer(x, x),
        lambda x: np.power.outer(2.0, M(x)),
    ],
    "operators": [
        lambda x: 2 * x - x / 3 + 1 / (3 + x) - (+x) + -(x**3) + (1 - x),
        lambda x: np.float64(2) * x + c * x - c / (3 + x) + np.array(2) ** x,
        lambda x: x[0] * M(x) + x[:3] * M(x) - M(c)[:, :1] * x[:3] + [1.0, 2.0, 3.0],
        lambda x: x // 0.9 + x % 0.9 + 5.3 % x + 5.3 // x,
        lambda x: np.multiply(x, 2, where=True, dtype=float),
    ],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the differences, in branches not taken
@each_case(CASES)
def test_derivatives_match_differences(f):
    assert_derivatives_match_differences(f)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@each_case(CASES)
def test_values_are_those_of_numpy(f):
    assert_values_are_those_of_numpy(f)


def test_every_function_of_the_tables_has_a_case():
    tables = {*UFUNCS, *REDUCTIONS, *ACCUMULATIONS, *FUNCTIONS} - {*UNARY, *BINARY} - OF_VALUES
    tables -= {*PRODUCTS, *PRODUCT_UFUNCS}
    assert tables - {*CASES} == set()


@pytest.mark.parametrize("x", [Dual(x0, np.eye(6)), Variable(x0, Tape())])
def test_functions_of_values_give_what_they_give_for_plain_arrays(x):
    for f in (
        lambda x: np.all(x),
        lambda x: np.any(x),
        lambda x: (x > 0).any(),
        lambda x: x.all(),
        lambda x: np.argmax(x),
        lambda x: x.argmin(),
        lambda x: np.argsort(-x),
        lambda x: np.argwhere(x > 0),
        lambda x: np.array_equal(x, x),
        lambda x: np.count_nonzero(x),
        lambda x: np.flatnonzero(x),
        lambda x: np.isin(x, [0.7, 1.7]),
        lambda x: np.linalg.matrix_rank(np.outer(x, x)),
        lambda x: np.digitize(x, [0.0, 1.0]),
        lambda x: (np.nanargmax(x), np.nanargmin(x)),
        lambda x: np.isclose(x, 0.7),
        lambda x: np.allclose(x, b=x),
        lambda x: np.iscomplexobj(x),
        lambda x: np.isrealobj(x),
        lambda x: np.ndim(x),
        lambda x: x.nonzero(),
        lambda x: np.result_type(x, 1),
        lambda x: np.searchsorted(c, v=x),
        lambda x: np.shape(x),
        lambda x: np.size(x),
        lambda x: (x.shape, x.ndim, x.size, len(x), x.dtype),
        lambda x: x[0] > 0 or x[1] <= 0,
        lambda x: bool(x[0]),
        lambda x: [entry > 0 for entry in x],
        lambda x: np.logical_and.reduce(x > 0),
        lambda x: np.greater(x, 0, out=np.zeros(6, dtype=bool)),
    ):
        np.testing.assert_equal(f(x), f(x0))
        assert not isinstance(f(x), Operand)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.fft.fft(x), r"np\.fft\.fft is not traced\. Use the product with the Fourier"),
        (lambda x: np.unique(x), r"np\.unique is not traced\. Use a function of numpy that is"),
        (lambda x: np.subtract.reduce(x), r"np\.subtract\.reduce is not traced"),
        (lambda x: np.subtract.accumulate(x), r"np\.subtract\.accumulate is not traced"),
        (lambda x: np.add.reduceat(x, [0, 2]), r"np\.add\.reduceat is not traced"),
        (lambda x: np.maximum.outer(x, x), r"np\.maximum\.outer is not traced"),
        (lambda x: np.add.at(np.zeros(3), [0], x[0]), r"np\.add\.at is not traced\. Use y\[i\] = "),
        (lambda x: np.modf(x)[0], r"np\.modf is not traced"),
        (lambda x: np.nextafter(x, c), r"np\.nextafter is not traced"),
        (
            lambda x: np.clip(x, 0, 1, out=x),
            r"np\.clip is traced as y = np\.clip\(\.\.\.\), without 'out'",
        ),
        (lambda x: x.cumsum(out=x), r"np\.cumsum is traced as y = .* without 'out'"),
        (lambda x: np.fft.rfft(x), r"np\.fft\.rfft is not traced\. Use the product with the Four"),
        (lambda x: np.add(x, c, where=c > 0), r"np\.add is not traced with where=.* use np\.where"),
        (lambda x: np.add(x, c, out=x, where=c > 0), r"np\.add is not traced with where="),
        (lambda x: np.sin(x, dtype=np.float32), r"np\.sin is not traced with dtype=: leave it out"),
        (lambda x: np.exp(x, casting="no"), r"np\.exp is not traced with casting="),
        (lambda x: np.add.outer(x, c, dtype=int), r"np\.add\.outer is not traced with dtype="),
        (lambda x: np.sum(x, dtype=int), r"np\.sum is traced as .*'dtype'"),
        (lambda x: np.sum(x, out=np.zeros(())), r"np\.sum is traced as .*'out'"),
        (lambda x: np.pad(x, 1, "mean"), r"np\.pad with mode='mean' is not traced"),
        (lambda x: np.pad(x, 1, constant_values=2), r"np\.pad is traced as .*'constant_values'"),
        (lambda x: np.repeat(x, x), r"np\.repeat moves the entries of its first arguments only"),
        (lambda x: np.full_like(c, x[1]), r"np\.copyto is not traced.*np\.broadcast_to"),
    ],
)
def test_what_is_not_traced_is_named_with_what_to_use_instead(f, message, jacobian):
    with pytest.raises(TracingError, match=message):
        jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    "f",
    [
        lambda x: M(x) @ M(x),
        lambda x: x + c[:2],
        lambda x: np.concatenate([x, M(x)]),
        lambda x: np.linalg.solve(np.zeros((3, 3)), x[:3]),
        lambda x: np.linalg.inv(0 * Q(x)),
        lambda x: np.sum(x, axis=1),
    ],
)
def test_errors_of_numpy_stay_what_they_are(f, jacobian):
    with pytest.raises(ValueError, match=r".") as plain:
        f(x0)
    with pytest.raises(type(plain.value)):
        jacobian(f, x0)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    "f",
    [
        np.abs,
        lambda x: np.abs(x) + np.abs(-x),
        lambda x: np.maximum(x, 0.0),
        lambda x: np.minimum(x, -x),
        lambda x: np.clip(x, 0, 1),
        np.ptp,
        np.max,
        lambda x: np.max(x) - np.min(x),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, np.inf),
    ],
)
def test_a_kink_has_no_derivative(f, jacobian):
    with pytest.raises(
        ValueError, match=r"f must be differentiable; at x = \[0, 0\] it has a kink"
    ):
        jacobian(f, [0.0, 0.0])


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "J"),
    [
        (lambda x: x * np.abs(x), np.zeros((2, 2))),
        (lambda x: np.maximum(x, 0.0) ** 2, np.zeros((2, 2))),
        (lambda x: np.maximum(x, x), np.eye(2)),
        (lambda x: np.max(x) + np.log(np.sum(np.exp(x - np.max(x)))), [0.5, 0.5]),
        (np.logaddexp.reduce, [0.5, 0.5]),
        (lambda x: np.abs(np.zeros_like(x)) + x, np.eye(2)),
    ],
)
def test_a_tie_that_does_not_matter_does_no_harm(f, J, jacobian):
    np.testing.assert_allclose(jacobian(f, [0.0, 0.0]), J, rtol=1e-15)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_tied_entries_of_a_sort_have_no_derivative(jacobian):
    with pytest.raises(ValueError, match="a tie in a sort"):
        jacobian(np.sort, [1.0, 2.0, 1.0])
    np.testing.assert_array_equal(jacobian(lambda x: np.sort(x)[2], [1.0, 2.0, 1.0]), [0, 1, 0])
    for f in (
        lambda x: np.sort(x)[1],
        lambda x: np.sort(x) @ np.arange(5.0),
        lambda x: np.median(x[:3]),
        lambda x: np.sort(x)[1] - np.max(x[:3]),
        lambda x: np.sort(x.reshape(5, 1) * np.ones(2), 0)[:4].sum(),
    ):
        with pytest.raises(ValueError, match="a tie in a sort"):
            jacobian(f, [1.0, 1.0, 1.0, 0.5, 1.0])


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "g"),
    [
        (lambda x: np.sum(np.sort(x)), [1, 1, 1, 1, 1, 1]),
        (lambda x: np.sort(x)[:3].sum() + np.sort(x)[3], [0, 1, 0, 1, 1, 1]),
        (lambda x: np.mean(np.sort(x)[1:5]), [0.25, 0.25, 0, 0.25, 0, 0.25]),  # a trimmed mean
        (lambda x: np.median(x[[0, 1, 3, 4]]), [0, 0.5, 0, 0.5, 0, 0]),  # of 4, 2, 2, 1
        (lambda x: np.median(x) - np.median(x + 0.0) + x[0], [1, 0, 0, 0, 0, 0]),
        (lambda x: np.sum(np.sort(np.stack([x, x[::-1]]), axis=0)), [2, 2, 2, 2, 2, 2]),
        (lambda x: np.sort(np.stack([x[1], x[1], x[2]]))[1], [0, 1, 0, 0, 0, 0]),
        (lambda x: np.std(np.sort(x)), None),
    ],
)
def test_a_tie_in_a_sort_that_does_not_matter_does_no_harm(f, g, jacobian):
    x = np.array([4.0, 2.0, 5.0, 2.0, 1.0, 2.0])
    g = (x - x.mean()) / (6 * np.std(x)) if g is None else np.array(g, float)
    np.testing.assert_allclose(jacobian(f, x), g, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_the_slope_of_sinc_is_exact_near_zero(jacobian):
    x = np.array([0.0, 1e-8, -1e-3, 0.06, 0.0637, 0.07])
    t = np.pi * x  # (cos t − (sin t)/t)/t as a series
    series = np.zeros(6)
    for k, factorial in ((5, 39916800), (4, 362880), (3, 5040), (2, 120), (1, 6)):
        series += (-1) ** k * 2 * k * t ** (2 * k - 1) / factorial
    np.testing.assert_allclose(jacobian(np.sinc, x), np.diag(np.pi * series), rtol=1e-12)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_what_is_rounded_jumps(jacobian):
    np.testing.assert_array_equal(
        jacobian(lambda x: np.round(x, 1), [0.12, 0.26]), np.zeros((2, 2))
    )
    for f in (np.round, lambda x: np.round(x / 2, 1), lambda x: np.copysign(1.0, x - 0.5)):
        with pytest.raises(ValueError, match="f must have a finite derivative"):
            jacobian(f, [0.5])
    with pytest.raises(ValueError, match="f must have a finite derivative"):
        jacobian(lambda x: np.copysign(x, 1.0), [0.0])


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_products_have_exact_slopes_where_factors_vanish(jacobian):
    np.testing.assert_array_equal(jacobian(np.prod, [0.0, 2.0, 3.0]), [6, 0, 0])
    np.testing.assert_array_equal(jacobian(np.prod, [0.0, 0.0, 3.0]), [0, 0, 0])


def nothing(x):
    """The empty slice of x, shape (0,)."""
    return x[6:]


def no_rows(x):
    return x[6:, None] * np.ones(3)


def no_columns(x):
    return np.ones((2, 1)) * x[6:]


def write_nothing(x):
    y = np.zeros_like(x)
    y[6:] = x[6:]
    y[6:] += 2 * x[6:]
    y[[]] = x[6:]
    return y + x


def back_substitution(x):
    R = np.triu(np.outer(x, x)) + 5 * np.eye(6)
    y = np.zeros_like(x)
    for i in reversed(range(6)):
        y[i] = (x[i] - R[i, i + 1 :] @ y[i + 1 :]) / R[i, i]
    return y


EMPTY = {
    "slices": [
        lambda x: x[0] + x[6:] @ x[6:],
        lambda x: np.stack([x[i + 1 :] @ x[i + 1 :] for i in range(6)]),
        back_substitution,
        write_nothing,
        lambda x: np.concatenate([nothing(x), x, nothing(x)]),
        lambda x: x[np.array([], dtype=int)],
        lambda x: x[x > 100],
        lambda x: np.take(x, np.array([], dtype=int)),
        lambda x: np.pad(nothing(x), 1),
        lambda x: nothing(x).reshape(0, 3),
        lambda x: [],
    ],
    "sums": [
        *(lambda x, f=f: f(nothing(x)) for f in (np.sum, np.prod, np.cumsum, np.cumprod, sum)),
        *(lambda x, f=f: f(no_rows(x), 0) for f in (np.sum, np.prod)),
        *(lambda x, f=f: f(no_rows(x), 1) for f in (np.sum, np.prod, np.max, np.mean, np.std)),
        lambda x: np.median(no_rows(x), 1),
        lambda x: np.quantile(no_rows(x), 0.3, axis=1),
        lambda x: np.cumsum(no_columns(x), 1),
        lambda x: np.max(nothing(x), initial=x[0]),
        lambda x: np.maximum.accumulate(nothing(x)),
        lambda x: np.sort(nothing(x)),
        lambda x: np.diff(x[5:]),
        lambda x: np.trapezoid(x[5:]),
        lambda x: np.linalg.norm(no_rows(x), axis=1),
        lambda x: np.bincount(np.array([], dtype=int), nothing(x), 2),
    ],
    "products": [
        lambda x: no_columns(x) @ no_rows(x),
        lambda x: no_columns(x) @ nothing(x),
        lambda x: nothing(x) @ no_rows(x),
        lambda x: no_rows(x) @ x[:3],
        lambda x: np.ones((0, 6)) @ x,
        lambda x: np.ones((2, 0)) @ nothing(x),
        lambda x: np.stack([no_rows(x)] * 2) @ np.ones((3, 2)),
        lambda x: np.einsum("ij,jk->ik", no_columns(x), no_rows(x)),
        lambda x: np.kron(nothing(x), x[:2]),
        lambda x: np.outer(nothing(x), x),
        lambda x: np.linalg.solve(np.eye(3) * x[0], no_rows(x).T),
        lambda x: np.linalg.qr(no_rows(x)).R,
        lambda x: np.linalg.qr(no_rows(x).T).R,
        lambda x: np.linalg.svdvals(no_rows(x)[:, :, None] * no_rows(x)[:, None, :]),
    ],
}


@each_case(EMPTY)
def test_empty_arrays_have_derivatives_of_their_shape(f):
    J = differences(f, x0)
    for jacobian in JACOBIANS:
        assert jacobian(f, x0).shape == J.shape
        np.testing.assert_allclose(jacobian(f, x0), J, rtol=1e-7, atol=1e-8)
