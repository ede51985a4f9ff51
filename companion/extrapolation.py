"""The same derivative by several steps: how to combine them, and which of them to trust."""

import numpy as np

MIN_RUNGS, MAX_RUNGS, MAX_ORDER = 5, 40, 7


def extrapolate(difference, ratio):
    """Richardson's table, where the step halves from rung to rung; each entry at its best.

    The k-th extrapolation removes the k-th term of the error of a difference. An entry's own error
    is estimated by how far it lies from the two that it was made of, plus rounding. The table ends
    when it has settled, and rounding alone exceeds the error that has been reached.

    Parameters
    ----------
    difference : callable
        difference(rung) gives the entries of a difference with the step h / 2^rung, and a
        function that estimates their rounding error with a margin of 16.
    ratio : float or array
        By what factor the k-th term of the error shrinks when the step halves, to the power 1/k:
        4 if they are h², h⁴, …, and 2 if they are h, h², ….

    Returns
    -------
    best : array
        Of each entry, the value with the least error estimate.
    least : array
        Those estimates.

    Examples
    --------
    >>> from companion.extrapolation import extrapolate
    >>> import numpy as np
    >>> def difference(rung):
    ...     h = 0.5 / 2**rung
    ...     A, B = np.exp([1 + h]), np.exp([1 - h])
    ...     return (A - B) / (2 * h), lambda: 16 * 2e-16 * A / h
    >>> best, least = extrapolate(difference, 4.0)
    >>> print(f"{best[0]:.11f}, e = {np.e:.11f}, {least[0] < 1e-12}")
    2.71828182846, e = 2.71828182846, True

    References
    ----------
    C. J. F. Ridders, "Accurate Computation of F'(x) and F'(x)F''(x)", Advances in Engineering
    Software 4 (1982).
    """
    best, least, row = None, np.inf, []
    for rung in range(MAX_RUNGS):
        value, rounding = difference(rung)
        new, noise = [value], rounding() / 16
        best = value if best is None else best
        for k, coarser in enumerate(row[:MAX_ORDER], start=1):
            new.append(new[-1] + (new[-1] - coarser) / (ratio**k - 1))
            error = np.maximum(np.abs(new[-1] - new[-2]), np.abs(new[-1] - coarser)) + noise
            # A value that a finer one contradicts was good by chance, as sin over whole periods.
            better = (error < least) | (32 * error < np.abs(new[-1] - best))
            best = np.where(better, new[-1], best)
            least = np.where(better, error, least)
        row = new
        if rung + 1 >= MIN_RUNGS:
            settled = error <= 1e-3 * np.abs(best) + 32 * noise
            if np.all(settled & (least <= 4 * noise)):
                break
    return best, least


def longest_trusted(differences):
    """Of differences with ever longer steps, each entry by the longest that can be trusted.

    A longer step has less rounding error. It is taken while its value differs from that of the
    shorter one by no more than the shorter one's rounding error; where it differs by more, it is
    too long for f.

    Parameters
    ----------
    differences : iterable
        Of entries, and a function that estimates their rounding error; the shortest step first.

    Returns
    -------
    array
        The entries.

    Examples
    --------
    Of a derivative of 1, the third difference is too long, and the second better than the first:

    >>> from companion.extrapolation import longest_trusted
    >>> import numpy as np
    >>> values = [(1.02, 0.1), (1.001, 0.01), (1.3, 0.001)]
    >>> print(longest_trusted((np.array([v]), lambda e=e: e) for v, e in values))
    [1.001]
    """
    differences = iter(differences)
    value, rounding = next(differences)
    error = rounding()
    climbing = np.full(np.shape(value), True)
    for longer, rounding in differences:
        with np.errstate(invalid="ignore"):
            climbing &= np.abs(longer - value) <= error
        value = np.where(climbing, longer, value)
        error = np.where(climbing, rounding(), error)
    return value
