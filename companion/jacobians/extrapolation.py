"""The same derivative by several steps: how to combine them, and which of them to trust."""

import numpy as np

MIN_RUNGS, MAX_RUNGS, MAX_ORDER = 4, 40, 7
MARGIN = 8  # between rounding errors and their estimates


def extrapolate(difference, ratio):
    """Richardson's table, where the step halves from rung to rung; each entry at its best.

    The k-th extrapolation removes the k-th term of the error of a difference (eq:richardson). An
    entry's own error is estimated by how far it lies from the farther of the two that it was made
    of, plus rounding. An entry is done when it has settled, and either rounding alone exceeds the
    error that has been reached, or the error has grown for some rungs. The table goes on with
    the others.

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
    >>> from companion.jacobians.extrapolation import extrapolate
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
    value, _ = difference(0)
    all_best, all_least = np.array(value), np.full(np.shape(value), np.inf)
    # From here on, all is of the entries that are not done, which stand at `places`.
    places, best, least, row = ..., all_best, all_least, [value]
    worse = np.zeros(np.shape(value), np.int8)
    shares = [1 / (ratio**k - 1) for k in range(1, MAX_ORDER + 1)]
    for rung in range(1, MAX_RUNGS):
        value, rounding = difference(rung)
        value, noise = value[places], np.broadcast_to(rounding(), all_best.shape)[places] / 16
        new = [value]
        for coarser, share in zip(row, shares, strict=False):
            value = value + share * (value - coarser)
            new.append(value)
            error = np.abs(value - coarser)
            error += noise
            # A value that a finer one contradicts was good by chance, as sin over whole periods.
            better = (error < least) | (32 * error < np.abs(value - best))
            np.copyto(best, value, where=better)
            np.copyto(least, error, where=better)
        row = new
        worse = (worse + np.int8(1)) * (error > 8 * least)  # for how many rungs in a row
        if rung < MIN_RUNGS:
            continue
        settled = error <= 1e-3 * np.abs(best) + 32 * noise
        left = ~(settled & ((least <= 4 * noise) | (worse >= MIN_RUNGS)))
        if not left.all():
            all_best[places], all_least[places] = best, least
            if not left.any():
                break
            places = np.nonzero(left) if places is ... else tuple(i[left] for i in places)
            best, least, worse = best[left], least[left], worse[left]
            row = [value[left] for value in row]
            shares = [np.broadcast_to(share, left.shape)[left] for share in shares]
    all_best[places], all_least[places] = best, least
    return all_best, all_least


def most_trusted(difference, steps, order):
    """Of differences with ever longer steps, each entry by the step that can be trusted most.

    While steps are too short, values differ by rounding, ever less; once they are too long, by
    truncation, ever more. The best lie between: where neighbours differ least.

    Parameters
    ----------
    difference : callable
        difference(step) gives the entries, and a function that estimates their rounding error
        with a margin of 16. A step to where f raises an error ends the search.
    steps : iterable
        The steps, the shortest first, each some 30 times as long as the one before.
    order : int
        The order of the truncation error in the step.

    Returns
    -------
    array
        The entries.

    Examples
    --------
    At x = 1e-9 a difference of 1 + log x is mostly rounding where the step is a small share of x;
    where it is a large one, it is wrong:

    >>> from companion.jacobians.extrapolation import most_trusted
    >>> import numpy as np
    >>> def difference(h):
    ...     A, B = 1 + np.log(1e-9 + h), 1 + np.log(1e-9 - h)
    ...     return np.array([(A - B) / (2 * h)]), lambda: 16 * 2e-16 * 20 / h
    >>> print(most_trusted(difference, [1e-20, 3e-19, 1e-17, 3e-16, 1e-14, 3e-13], 2) / 1e9)
    [1.]
    """
    steps = iter(steps)
    value, rounding = difference(next(steps))
    chosen, shorter, error = value, value, rounding()
    least_error = error
    least, climbing = np.full(np.shape(value), np.inf), np.full(np.shape(value), True)
    for step in steps:
        try:
            longer, rounding = difference(step)
        except (ValueError, ArithmeticError):
            break
        error_of_longer = rounding()
        with np.errstate(invalid="ignore"):
            gap = np.abs(longer - value)
        limit = np.where(value == 0, 0, least)  # zeros agree with anything that does not move
        settling = climbing & (gap <= limit)
        # The first gap has no other to compare with: there the estimates of rounding decide.
        closer = settling & ((limit < np.inf) | (error_of_longer <= error))
        closer |= climbing & (gap <= error) & (error_of_longer <= least_error)
        grown = climbing & ~(gap <= np.maximum(10 * limit, error))
        # Truncation grows 30-fold in each order. So was the least gap truncation, or rounding?
        chosen = np.where(grown & (gap / 30**order > least / 8), shorter, chosen)
        chosen = np.where(closer, longer, chosen)
        shorter = np.where(closer, value, shorter)
        least = np.where(settling & (value != 0), gap, least)
        least_error = np.where(closer, np.minimum(error_of_longer, least_error), least_error)
        climbing &= ~grown
        value, error = longer, error_of_longer
    return chosen


def emerge(difference, steps, entries, unit, noise, lost, doubt=0.0):
    """Entries that are lost to rounding, by steps so long that they emerge from it.

    An entry takes ever longer steps, as long as the next one changes it by no more than rounding
    may have done: truncation is then less than that, and the entry no worse than it was.

    Parameters
    ----------
    difference : callable
        difference(step) gives the entries, what f's change is divided by in them, and what they
        may be off by besides rounding. A step to where f raises an error ends the search.
    steps : iterable
        Longer steps, the shortest first.
    entries, unit : arrays
        What was found, and what f's change was divided by.
    noise : array
        What rounding does to f, with a margin.
    lost : array of bool
        Which entries may take longer steps.
    doubt : array, optional
        What the entries may be off by besides.

    Returns
    -------
    array
        The entries, better where they were lost.

    Examples
    --------
    At x = 1e-9 a difference of sin(1 + x) with h = 1e-15 has no digit:

    >>> from companion.jacobians.extrapolation import emerge
    >>> import numpy as np
    >>> def difference(h):
    ...     D = (np.sin(1 + 1e-9 + h) - np.sin(1 + 1e-9 - h)) / (2 * h)
    ...     return np.array([D]), h, 0.0
    >>> D, h, _ = difference(1e-15)
    >>> D = emerge(difference, 1e-15 * 30.0 ** np.arange(1, 10), D, h, np.array([2e-15]), D < 1)
    >>> print(f"{D[0]:.6f} = {np.cos(1):.6f}")
    0.540302 = 0.540302
    """
    for step in steps:
        if not lost.any():
            break
        error = noise / unit + doubt
        try:
            longer, unit, doubt = difference(step)
        except (ValueError, ArithmeticError):
            break
        with np.errstate(invalid="ignore"):
            lost = lost & (np.abs(longer - entries) <= error)
        entries = np.where(lost, longer, entries)
    return entries
