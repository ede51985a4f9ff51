"""Functions of samples and sequences, in both modes, against differences and against numpy."""

import numpy as np
import pytest
from tracing import (
    JACOBIANS,
    M,
    S,
    assert_derivatives_match_differences,
    assert_values_are_those_of_numpy,
    c,
    cube,
    each_case,
    x0,
)

from companion.autodiff import TracingError
from companion.autodiff._traced_samples import SAMPLES

bins = np.array([3, 0, 1, 3, 0, 0])
holes = np.where([1, 0, 1, 0, 1, 1], c, np.nan)
nodes, heights = np.array([-1.0, -0.5, 0.5, 1.5]), np.array([2.0, -1.0, 0.3, 4.0])

CASES = {
    np.cov: [
        lambda x: np.cov(M(x)),
        lambda x: np.cov(x),
        lambda x: np.cov(M(x), rowvar=False),
        lambda x: np.cov(x, c),
        lambda x: np.cov(c, x, bias=True),
        lambda x: np.cov(M(x), M(c), rowvar=False, ddof=0),
        lambda x: np.cov(x, fweights=bins),
        lambda x: np.cov(M(x), aweights=[0.5, 1.0, 2.0], fweights=[2, 1, 3]),
        lambda x: np.cov(M(c), aweights=x[:3] ** 2),
    ],
    np.corrcoef: [
        lambda x: np.corrcoef(M(x)),
        lambda x: np.corrcoef(x, c),
        lambda x: np.corrcoef(M(x) + cube[:, :, 0], rowvar=False),
        lambda x: x * np.corrcoef(x),
    ],
    np.bincount: [
        lambda x: np.bincount(bins, x),
        lambda x: np.bincount(bins, weights=x**2, minlength=7),
        lambda x: np.bincount(bins, np.sin(x)) ** 2,
    ],
    np.convolve: [
        *(lambda x, mode=mode: np.convolve(x, c[:3], mode) for mode in ("full", "same", "valid")),
        *(lambda x, mode=mode: np.convolve(x[:2], x, mode) for mode in ("full", "same", "valid")),
        *(lambda x, mode=mode: np.convolve(x[:4], c, mode) for mode in ("full", "same", "valid")),
        lambda x: np.convolve(x, x),
        lambda x: np.convolve(c, x[0]),
    ],
    np.correlate: [
        *(lambda x, mode=mode: np.correlate(x, c[:3], mode) for mode in ("full", "same", "valid")),
        *(lambda x, mode=mode: np.correlate(x[:2], x, mode) for mode in ("full", "same", "valid")),
        *(lambda x, mode=mode: np.correlate(c[:3], x, mode) for mode in ("full", "same", "valid")),
        *(lambda x, mode=mode: np.correlate(c, x[:4], mode) for mode in ("full", "same", "valid")),
        lambda x: np.correlate(x, x),
    ],
    np.quantile: [
        lambda x: np.quantile(x, 0.3),
        lambda x: np.quantile(x, [0.0, 0.2, 0.5, 1.0]),
        lambda x: np.quantile(M(x), [0.25, 0.75], axis=1),
        lambda x: np.quantile(M(x), 0.9, 0, keepdims=True),
        lambda x: np.quantile(S(x), [[0.1], [0.6]], axis=(0, 2), keepdims=True),
        *(
            lambda x, method=method: np.quantile(x, [0.3, 0.4, 1.0], method=method)
            for method in ("lower", "higher", "midpoint")
        ),
    ],
    np.percentile: [
        lambda x: np.percentile(x, 30),
        lambda x: np.percentile(M(x), [10, 50], 0),
        lambda x: np.percentile(M(x), [10, 50], axis=1, method="lower"),
    ],
    np.median: [
        lambda x: np.median(x),
        lambda x: np.median(x[:5]),
        lambda x: np.median(M(x), 1),
        lambda x: np.median(M(x), 0),
        lambda x: np.median(cube[:, :, :1] * M(x)[..., None], (0, 1), keepdims=True),
    ],
    np.nansum: [
        lambda x: np.nansum(x * holes),
        lambda x: np.nansum(M(x) * M(holes), axis=1, keepdims=True),
    ],
    np.nanprod: [lambda x: np.nanprod(x * holes), lambda x: np.nanprod(M(x * holes), 0)],
    np.nanmean: [lambda x: np.nanmean(x - holes), lambda x: np.nanmean(M(x - holes), axis=1)],
    np.nanvar: [
        lambda x: np.nanvar(x * holes),
        lambda x: np.nanvar(x * holes, ddof=1, keepdims=True),
    ],
    np.nanstd: [lambda x: np.nanstd(x - holes), lambda x: np.nanstd(M(x * holes), axis=1)],
    np.nanmax: [lambda x: np.nanmax(x - holes), lambda x: np.nanmax(M(x * holes), axis=1)],
    np.nanmin: [lambda x: np.nanmin(x * holes)],
    np.nancumsum: [lambda x: np.nancumsum(x * holes), lambda x: np.nancumsum(M(x * holes), 1)],
    np.nan_to_num: [
        lambda x: np.nan_to_num(x * holes),
        lambda x: np.nan_to_num(x * holes, nan=x[0]),
        lambda x: np.nan_to_num(x / np.array([1, 0, 1, 0, 1, 1]), posinf=2.0, neginf=-3.0),
    ],
    np.diff: [
        lambda x: np.diff(x, prepend=0.0),
        lambda x: np.diff(x, 2, prepend=x[:2], append=[1.0, 2.0]),
        lambda x: np.diff(M(x), axis=0, append=x[0]),
        lambda x: np.diff(M(c), prepend=x[0]),
        lambda x: np.diff(x),
        lambda x: np.diff(M(x), 2),
        lambda x: np.diff(M(x), axis=0),
    ],
    np.ediff1d: [lambda x: np.ediff1d(M(x))],
    np.gradient: [
        lambda x: np.gradient(x),
        lambda x: np.gradient(x, 0.5, edge_order=2),
        lambda x: np.gradient(x, np.array([0.0, 1, 3, 4, 4.5, 7]), edge_order=2),
        lambda x: np.gradient(x, np.array([0.0, 1, 3, 4, 4.5, 7])),
        lambda x: np.gradient(c, np.cumsum(x**2)),
        lambda x: np.gradient(M(x))[0],
        lambda x: np.gradient(M(x), 2.0, [0.0, 1.0, 3.0])[1],
        lambda x: np.gradient(M(x), 2.0, axis=1),
    ],
    np.interp: [
        lambda x: np.interp(x, nodes, heights),
        lambda x: np.interp(M(x), nodes, heights),
        lambda x: np.interp(x[0], nodes, heights),
        lambda x: np.interp([-2.0, 0.0, 0.3, 7.0], nodes, x[:4]),
        lambda x: np.interp([-2.0, 0.1, 0.3, 7.0], nodes + 0.1 * np.sin(x[:4]), heights),
        lambda x: np.interp(x[:3], np.cumsum(x[3:] ** 2), x[:3]),
        lambda x: np.interp(x, [0.0], [3.0]) * x,
    ],
    np.trapezoid: [
        lambda x: np.trapezoid(x**2),
        lambda x: np.trapezoid(M(x), dx=0.5, axis=0),
        lambda x: np.trapezoid(x, x**2),
        lambda x: np.trapezoid(c, x),
        lambda x: np.trapezoid(M(c), M(x), axis=0),
    ],
    np.vander: [
        lambda x: np.vander(x),
        lambda x: np.vander(x, 3, increasing=True),
        lambda x: np.vander(x * np.array([1, 0, 1, 1, 1, 1]), 4),
    ],
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # of the differences, of NaN and infinity
@each_case(CASES)
def test_derivatives_match_differences(f):
    assert_derivatives_match_differences(f)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@each_case(CASES)
def test_values_are_those_of_numpy(f):
    assert_values_are_those_of_numpy(f)


def test_every_function_of_the_table_has_a_case():
    assert {*SAMPLES} - {*CASES} == set()


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_a_node_of_an_interpolation_is_a_kink_unless_the_line_goes_on(jacobian):
    for x in (-1.0, 0.0, 1.0):
        with pytest.raises(ValueError, match="it has a kink"):
            jacobian(lambda x: np.interp(x, [-1, 0, 1], [0.0, 1.0, 3.0]), [x])
    J = jacobian(lambda x: np.interp(x, [-1, 0, 1, 2], [5.0, 1.0, -3.0, 0.0]), [0.0])
    np.testing.assert_allclose(J, [[-4]], rtol=1e-14)


@pytest.mark.parametrize("jacobian", JACOBIANS)
def test_ranks_that_tie_with_others_that_are_not_asked_for_do_no_harm(jacobian):
    x = [3.0, 1.0, 3.0, 2.0, 3.0]
    np.testing.assert_array_equal(jacobian(lambda x: np.quantile(x, 0.25), x), [0, 0, 0, 1, 0])
    np.testing.assert_array_equal(jacobian(lambda x: np.percentile(x, 0), x), [0, 1, 0, 0, 0])
    with pytest.raises(ValueError, match="tie"):
        jacobian(np.median, x)


@pytest.mark.parametrize("jacobian", JACOBIANS)
@pytest.mark.parametrize(
    ("f", "message"),
    [
        (lambda x: np.quantile(x, 0.3, method="weibull"), r"np\.quantile is traced for a plain q"),
        (lambda x: np.quantile(c, x[0] / 3), r"np\.quantile is traced for a plain q"),
        (lambda x: np.quantile(x, 0.3, weights=c), r"np\.quantile is traced as .*'weights'"),
        (lambda x: np.interp(x, nodes, heights, left=0.0), r"np\.interp is traced as .*'left'"),
        (lambda x: np.convolve(x, c, "half"), r"np\.convolve is traced with mode 'full'"),
        (lambda x: np.gradient(M(x), 1.0, 2.0, axis=0), r"np\.gradient is traced with one spacing"),
        (lambda x: np.nanmedian(x), r"np\.nanmedian is not traced"),
    ],
)
def test_what_is_not_traced_is_named(f, message, jacobian):
    with pytest.raises(TracingError, match=message):
        jacobian(f, x0)
