"""Curvature along a direction."""

import numpy as np

from companion._shared.arguments import as_function, as_vector
from companion._shared.calls import evaluate
from companion._shared.floats import largest


def directional_curvature(hvp, d):
    """The curvature of f along d: dᵀHd / dᵀd (eq:directional-curvature).

    It is a mean of the eigenvalues of H, weighted by how much of d lies along their eigenvectors;
    so it lies between the smallest and the largest.

    Parameters
    ----------
    hvp : callable
        Maps v, shape (n,), to Hv, shape (n,).
    d : array, shape (n,)
        The direction, of any length but 0.

    Returns
    -------
    float
        The curvature.

    Raises
    ------
    ValueError
        If d is 0, or hvp returns anything else than finite real numbers of shape (n,).

    Examples
    --------
    >>> from companion.hessians import directional_curvature
    >>> import numpy as np
    >>> H = np.array([[1, 0], [0, -3]])
    >>> print(f"{directional_curvature(lambda v: H @ v, [1, 1]):.4f}")
    -1.0000

    References
    ----------
    I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), section 4.3.1.
    """
    d = as_vector(d, "d")
    if not d.any():
        raise ValueError("d must not be 0")
    d /= largest(d)
    d /= np.linalg.norm(d)
    return float(d @ evaluate(as_function(hvp, "hvp"), d, "hvp", shape=d.shape))
