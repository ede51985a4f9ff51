"""What an iterative method returns: a status that explains itself, and the history of the run."""

from dataclasses import dataclass, fields
from enum import Enum

import numpy as np


class Status(Enum):
    """How an iterative method ended; ``.message`` says what happened and what to try next.

    ``CONVERGED`` is a certificate: the optimality residual, computed at the returned point, is
    within tolerance. Every other ending is data too, not an exception.

    Examples
    --------
    >>> Status.DIVERGED.message
    'The iterates grew without limit. Try a shorter step.'
    """

    CONVERGED = "The optimality residual at the returned point is within tolerance."
    MAX_ITER = "The iterations ran out before the tolerance was met. Try a larger max_iter."
    STALLED = "No step made further progress. Try a looser tol, another start, or better scaling."
    DIVERGED = "The iterates grew without limit. Try a shorter step."
    INFEASIBLE = "No nearby point satisfies the constraints. Check them, or try another start."
    UNBOUNDED = "The objective falls without limit. Check its sign, or add a constraint."

    @property
    def message(self):
        """A sentence: what happened, and what to try next."""
        return self.value


def describe(value):
    """A number, an array or a text, short enough for one line of a report.

    >>> describe(np.arange(3) / 3)
    '[0, 0.333333, 0.666667]'
    """
    if isinstance(value, np.ndarray):
        return np.array2string(
            value,
            separator=", ",
            threshold=8,
            edgeitems=3,
            max_line_width=np.inf,
            formatter={"float_kind": lambda entry: f"{entry:.6g}"},
        )
    return f"{value:.6g}" if isinstance(value, float) else str(value)


class Report:
    """Gives a result dataclass a repr that reads as a short report, and ``.converged``."""

    @property
    def converged(self):
        """Whether the status is ``Status.CONVERGED``."""
        return self.status is Status.CONVERGED

    def __repr__(self):
        plural = "" if self.n_iter == 1 else "s"
        head = f"{type(self).__name__}: {self.status.name} after {self.n_iter} iteration{plural}"
        lines = [f"{head}. {self.status.message}"]
        for name in (field.name for field in fields(self)):
            value = getattr(self, name)
            if name == "path" and len(value) < self.n_iter + 1:
                lines.append(f"  path: {len(value)} of {self.n_iter + 1} iterates, evenly spaced")
            elif name not in ("status", "n_iter", "path"):
                lines.append(f"  {name} = {describe(value)}")
        return "\n".join(lines)


@dataclass(frozen=True, repr=False, eq=False)
class Result(Report):
    """Where a minimization ended, and how it got there.

    Attributes
    ----------
    x : array, shape (n,)
        The last iterate.
    fun : float
        f(x).
    status : Status
        How the run ended.
    n_iter : int
        Number of steps taken.
    path : array, shape (n_iter + 1, n)
        The iterates, one a row. A path that would pass 100 MB keeps evenly spaced iterates, with
        the first and the last; the repr then says how many.
    """

    x: np.ndarray
    fun: float
    status: Status
    n_iter: int
    path: np.ndarray


class History:
    """Collects iterates in rows; those that would pass `limit` bytes are thinned, evenly.

    Examples
    --------
    >>> history = History(limit=5 * 8)  # room for five numbers
    >>> for k in range(8):
    ...     history.append(np.array([float(k)]))
    >>> history.array().ravel()
    array([0., 2., 4., 6., 7.])
    """

    def __init__(self, limit=100_000_000):
        self.limit = limit
        self.stride = 1
        self.count = 0
        self.rows = []

    def append(self, x):
        """Keep a copy of the iterate x, shape (n,)."""
        if self.count % self.stride == 0:
            # One place is kept free for the last iterate, which is always there.
            while len(self.rows) > 1 and (len(self.rows) + 2) * x.nbytes > self.limit:
                self.rows = self.rows[::2]
                self.stride *= 2
            if self.count % self.stride == 0:
                self.rows.append(x.copy())
        self.last = x.copy()
        self.count += 1

    def array(self):
        """The kept iterates, the first and the last among them, in rows."""
        ends_early = (self.count - 1) % self.stride != 0
        return np.array([*self.rows, self.last] if ends_early else self.rows)
