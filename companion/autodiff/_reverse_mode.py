"""Reverse mode: a tape of the computation, and a sweep back along it.

Each operation of f is a linear map near x. The tape records the maps as f runs. The sweep starts
from weights w of the outputs and applies the transposed maps in the opposite order: what arrives
at a node is its adjoint, the derivative of w·f(x) by the node's value. At x it is wᵀJ.
"""

from bisect import bisect_right
from heapq import heappop, heappush

import numpy as np

from companion._shared.arguments import as_real
from companion.autodiff._calls import call, checked
from companion.autodiff._forward_mode import settled
from companion.autodiff._linear_maps import (
    Erased,
    Gather,
    LinearMap,
    Operand,
    Placed,
    Reshape,
    value_of,
)
from companion.autodiff._runs import Run
from companion.autodiff._traced_array import TracedArray, current


class Tape(Run):
    """The record of one run: for each node its shape, and its parents with their linear maps.

    Nodes are recorded as they are computed, so that parents come before their children; the
    input is node 0.

    Parameters
    ----------
    x : array, optional
        The point of the run, for messages.
    seed, careful, weights
        As for a `Run`.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff._reverse_mode import Tape, Variable
    >>> tape = Tape()
    >>> x = Variable([1.0, 2.0], tape)
    >>> y = np.sum(x**2)
    >>> tape
    0: shape (2,)
    1: shape (2,) from 0 by Scale
    2: shape () from 1 by Sum
    >>> print(tape.sweep(y, 1.0))
    [2. 4.]

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.2.
    """

    def __init__(self, x=None, seed=0, careful=False, weights=()):
        super().__init__(x, seed, careful, weights)
        self.nodes = []

    def sweep(self, output, w):
        """The adjoint of node 0, for weights w of the entries of the output.

        Parameters
        ----------
        output : Variable
            Where to start.
        w : array, shape of the output
            The weight of each entry.

        Returns
        -------
        array, shape of node 0
            The derivative of the weighted sum of outputs.
        """
        w = np.asarray(w, dtype=float)
        marks = [np.where(w == 0, 0.0, np.nan)] if self.careful else []
        adjoints = {output.index: [w, *marks]}
        # As long as entries are only moved, one that is 0 belongs to no weighted output.
        only_moved = {output.index}
        waiting = [-output.index]
        while waiting and waiting[0] < 0:
            index = -heappop(waiting)
            gs = adjoints.pop(index)  # complete: all the children of this node have been swept
            parents = self.nodes[index][1]
            if index in only_moved:
                parents = met(parents, gs[0])
            for parent, linear_map in parents:
                moved = index in only_moved and isinstance(linear_map, MOVES)
                if parent not in adjoints and isinstance(linear_map, Erased):
                    # The array before entries were written to it: its adjoint takes the place.
                    adjoints[parent] = [linear_map.erase(g) for g in gs]
                    heappush(waiting, -parent)
                    if moved:
                        only_moved.add(parent)
                    continue
                if parent not in adjoints:
                    adjoints[parent] = [np.zeros(self.nodes[parent][0]) for _ in gs]
                    heappush(waiting, -parent)
                    only_moved.add(parent)
                if not moved:
                    only_moved.discard(parent)
                if self.careful:
                    linear_map = linear_map.restricted(np.isnan(gs[-1]))
                for g, adjoint in zip(gs, adjoints[parent], strict=True):
                    linear_map.pull(g, adjoint)
        return adjoints[0][0] if 0 in adjoints else np.zeros(self.nodes[0][0])

    def __repr__(self):
        lines = []
        for index, (shape, parents) in enumerate(self.nodes):
            sources = ", ".join(f"{i} by {type(linear_map).__name__}" for i, linear_map in parents)
            lines.append(f"{index}: shape {shape}" + (f" from {sources}" if parents else ""))
        return "\n".join(lines)


class Variable(TracedArray):
    """An array whose computation is recorded on a tape.

    Numpy's functions and operators take it as they take an array, and give one.

    Parameters
    ----------
    value : array
        Its entries, real.
    tape : Tape
        Where it is recorded.
    parents : list of (int, LinearMap), optional
        The nodes that it was computed from, with the linear maps from their changes to its own.

    Raises
    ------
    TypeError
        From an operation that has no rule; the message names it and says what to use instead.

    Examples
    --------
    >>> from companion.autodiff._reverse_mode import Tape, Variable
    >>> tape = Tape()
    >>> x = Variable(3.0, tape)
    >>> y = x * x
    >>> y
    Variable(value=9)
    >>> print(f"{tape.sweep(y, 1.0):.1f}")
    6.0

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.2.
    """

    STATE = ("value", "index")
    index = current("index")

    def __init__(self, value, tape, parents=()):
        super().__init__(value, tape)
        self.index = len(tape.nodes)
        tape.nodes.append((self.shape, parents))

    def derive(self, value, terms):
        """The variable of a result, recorded with the terms' maps."""
        return Variable(value, self.run, [(x.index, linear_map) for x, linear_map in terms])

    def _put(self, positions, entries):
        parents = [(self.index, Erased(positions))]
        if isinstance(entries, Operand):
            parents.insert(0, (entries.index, Placed(positions, self.shape)))
        self.index = len(self.run.nodes)
        self.run.nodes.append((self.shape, parents))

    def join(self, operands):
        """The operands' entries in one vector."""
        parents, start = [], 0
        for x in operands:
            stop = start + np.size(x)
            if isinstance(x, Operand):
                parents.append((x.index, Segment(start, stop)))
            start = stop
        values = np.concatenate([np.ravel(value_of(x)) for x in operands])
        return Variable(values, self.run, parents)


class Segment(LinearMap):
    """Entries start, …, stop − 1 of a longer vector are those of x, row by row."""

    def __init__(self, start, stop):
        self.start = start
        self.stop = stop

    def pull(self, g, adjoint):
        adjoint += g[self.start : self.stop].reshape(adjoint.shape)


MOVES = (Segment, Gather, Reshape, Placed, Erased)


def met(parents, g):
    """Of arrays that were joined in one vector, those where g is not all 0, if g is mostly 0."""
    if np.count_nonzero(g) >= len(parents) or not isinstance(parents[0][1], Segment):
        return parents
    hit = {bisect_right(parents, i, key=lambda p: p[1].start) - 1 for i in np.flatnonzero(g)}
    return [parents[k] for k in sorted(hit) if k >= 0]


def vjp(f, x, w):
    """wᵀJ, the gradient of w·f at x, by one forward pass and one sweep back (eq:reverse).

    Parameters
    ----------
    f : callable
        Takes an array, shape (n,), and returns an array of any shape, or a list of numbers. It is
        ordinary numpy code; a branch (``if``, ``np.where``) is differentiated as it is taken.
    x : array, shape (n,)
        The point.
    w : array, shape of f(x)
        The weight of each output.

    Returns
    -------
    array, shape (n,)
        wᵀJ of the branches that f takes at x, with the rounding of its operations as the only
        error.

    Raises
    ------
    ValueError
        If x is not a finite real vector; if w is not finite and real, or not of the shape of f(x);
        if f returns anything but finite real numbers, or has no finite derivative at x (at a kink
        or a jump); if it computes something else with traced arrays than with a plain x, on which
        it is called once.
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff import vjp
    >>> f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])
    >>> print(np.round(vjp(f, [1.0, 2.0], [1.0, 0.0]), 4))
    [4. 1.]

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.2.
    """
    f, x = checked(f, x)

    def differentiate(tape):
        y = call(f, Variable(x, tape))
        weights = as_real(w, "w", ndim=y.ndim)
        if weights.shape != y.shape:
            raise ValueError(
                f"w must have the shape of f(x), {y.shape}; its shape is {np.shape(w)}"
            )
        return adjoint_of(y, weights, x)

    return settled(f, x, differentiate, Tape)


def reverse_jacobian(f, x):
    """The Jacobian matrix of f at x, J_ij = ∂f_i/∂x_j (eq:jacobian), by reverse mode.

    f is called once, and recorded; each output then takes one sweep back. The cost is that of m
    outputs, whatever the number of inputs: for a scalar f, a few times that of f itself.

    Parameters
    ----------
    f : callable
        Takes an array, shape (n,), and returns an array of any shape, or a list of numbers. It is
        ordinary numpy code; a branch (``if``, ``np.where``) is differentiated as it is taken.
    x : array, shape (n,)
        The point.

    Returns
    -------
    array, shape f(x).shape + (n,)
        The Jacobian of the branches that f takes at x, with the rounding of its operations as the
        only error; for a scalar f, its gradient.

    Raises
    ------
    ValueError
        If x is not a finite real vector; if f returns anything but finite real numbers, or has
        no finite derivative at x (at a kink or a jump); if it computes something else with traced
        arrays than with a plain x, on which it is called once.
    TypeError
        If f uses a function whose derivative cannot be followed; the message names it and says
        what to use instead.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff import reverse_jacobian
    >>> f = lambda x: np.array([x[0] ** 2 * x[1], 5 * x[0] + np.sin(x[1])])
    >>> print(np.round(reverse_jacobian(f, [1.0, 2.0]), 4))
    [[ 4.      1.    ]
     [ 5.     -0.4161]]

    References
    ----------
    A. Griewank and A. Walther, *Evaluating Derivatives*, 2nd edition, SIAM, 2008, section 3.2.
    """
    f, x = checked(f, x)

    def differentiate(tape):
        y = call(f, Variable(x, tape))
        J = np.empty((*y.shape, len(x)))
        for i in np.ndindex(y.shape):
            w = np.zeros(y.shape)
            w[i] = 1.0
            J[i] = adjoint_of(y, w, x)
        return J

    return settled(f, x, differentiate, Tape)


def adjoint_of(y, w, x):
    """wᵀJ for f's result y; that of a constant is zero."""
    if not isinstance(y, Variable):
        return np.zeros(len(x))
    with np.errstate(all="ignore"):
        return y.run.sweep(y, w)
