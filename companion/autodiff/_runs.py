"""Runs of a traced f: what happens at ties, and where something is not determined.

At a tie, such as ``|x|`` at 0, f has two slopes. Weights settle it: the slope taken is a mean of
the two. They come from the slopes themselves. Where a and b tie, max(a, b) gets the slope of

    log(exp(t·a) + exp(t·b)) / t,    t a random number over the size of a′ − b′,

along a random line through x, which is a maximum with its corner rounded off. So the weights are
a function of a′ − b′ up to a factor: where kinks cancel, as those of max(z, 0) and ``|z|``/2 do
in their difference, so do the weights. A derivative that comes out the same for two random draws
does not depend on the weights, and is right; otherwise there is none.
"""

import numpy as np


class Run:
    """One run of f at the point x; arrays of different runs must not meet.

    **Infinite slopes.** Where √ meets a constant 0, or ``np.where`` drops a root of 0, no change of
    x is multiplied by the infinite slope, but 0·∞ would be NaN. A careful run leaves such slopes
    out. It finds them by marks of NaN, which survive every product and sum: what they do not
    reach does not depend on x, or no output depends on it.

    Parameters
    ----------
    x : array, optional
        The point of the run. Without one, the slopes at a tie are NaN.
    seed : int, optional
        Of what is drawn at random.
    careful : bool, optional
        Whether infinite slopes that nothing passes are left out.
    weights : list of arrays, optional
        The weights of the ties, in the order in which f meets them. Without them, any are drawn.

    Attributes
    ----------
    ties : dict
        Its keys name the functions that met a tie, or something that is not determined.
    value : array
        What f returned; None before that.
    mean, largest : float, int
        The number of entries of the results of its operations, in the mean and at most.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.autodiff._runs import Run
    >>> run = Run(x=np.zeros(1))
    >>> weights = run.share("np.maximum", np.array([True, True]), None, (0,))
    >>> print(f"{weights.sum():.1f}", *run.ties)
    1.0 np.maximum
    """

    value = None

    def __init__(self, x=None, seed=0, careful=False, weights=()):
        self.x = x
        self.seed = seed
        self.careful = careful
        self.weights = weights
        self.ties = {}
        self.operations = self.entries = 0
        self.largest = 1
        self.begin()

    def begin(self):
        """Start (again) to run f: what is drawn and what was found comes in the same order."""
        self.found = iter(self.weights)
        self.generator = None  # most runs draw nothing

    def count(self, size):
        """Note the size of the result of an operation."""
        self.operations += 1
        self.entries += size
        if size > self.largest:
            self.largest = size

    @property
    def mean(self):
        """The mean number of entries of the results."""
        return max(1, self.entries) / max(1, self.operations)

    def share(self, name, hits, slopes, axes):
        """Weights with sum 1 along the axes: all for one hit, shared among several.

        Parameters
        ----------
        name : str
            The function that shares.
        hits : array of bool, shape s
            Which entries have the largest value.
        slopes : callable
            Returns the slopes of the entries along two lines, shape s + (2,).
        axes : tuple of int
            Where the entries that compete lie.

        Returns
        -------
        array, shape s
            The weights.
        """
        shares = hits.astype(float)
        counts = np.count_nonzero(hits, axis=axes, keepdims=True)
        if counts.max(initial=0) <= 1:
            return shares
        self.ties[name] = None
        return np.where(counts > 1, self.settle(hits, counts, slopes, axes), shares)

    def settle(self, hits, counts, slopes, axes):
        """The weights at a tie: those that were found before, or any."""
        if (found := next(self.found, None)) is not None and found.shape == hits.shape:
            return found
        weights = hits * np.abs(self.random(hits.shape))
        return weights / np.maximum(np.sum(weights, axis=axes, keepdims=True), 1e-300)

    def draw(self, name, shape):
        """Random numbers in the place of those that `name` does not determine."""
        self.ties[name] = None
        return self.random(shape)

    def random(self, shape):
        """Random numbers; NaN for a run of no function."""
        if self.x is None:
            return np.full(shape, np.nan)
        self.generator = self.generator or np.random.default_rng(self.seed)
        return self.generator.standard_normal(shape)


class Scout(Run):
    """A run along two random lines through x, that finds the weights of the ties for others.

    Examples
    --------
    Two functions with the same kink get the same weights, whatever its size:

    >>> import numpy as np
    >>> from companion.autodiff._forward_mode import Dual
    >>> from companion.autodiff._runs import Scout
    >>> scout = Scout(x=np.zeros(1))
    >>> z = Dual(0.0, scout.lines()[0], scout)
    >>> _ = np.abs(5 * z), np.maximum(z, 0.0)
    >>> print(np.isclose(*scout.weights))
    [ True  True]
    """

    def __init__(self, x, seed=0, careful=False):
        super().__init__(x, seed, careful, weights=[])

    def lines(self):
        """The directions of the two lines, shape (n, 2)."""
        return np.random.default_rng([self.seed, len(self.x)]).standard_normal((len(self.x), 2))

    def settle(self, hits, counts, slopes, axes):
        """The derivative of a rounded maximum of the entries that tie, by each of them."""
        slopes = slopes()[..., :2]
        top, bottom = (
            end(np.where(hits[..., None], slopes, fill), axis=axes, keepdims=True)
            for end, fill in ((np.max, -np.inf), (np.min, np.inf))
        )
        size = np.hypot(*np.moveaxis(np.where(counts[..., None] > 0, top - bottom, 0.0), -1, 0))
        rise = np.where(hits, slopes[..., 0] - top[..., 0], -np.inf)
        t = (2.0 + self.seed) / np.where(size > 0, size, 1.0)
        weights = np.exp(t * rise)
        weights /= np.maximum(np.sum(weights, axis=axes, keepdims=True), 1e-300)
        self.weights.append(weights)
        return weights
