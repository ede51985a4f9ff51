"""Checks a reader's answers to the exercises of the course, at once, with a reason."""

from companion._shared.arguments import as_choice
from companion.checks import _exercises_constrained as exercises_constrained
from companion.checks import _exercises_hessians as exercises_hessians
from companion.checks import _exercises_jacobians as exercises_jacobians
from companion.checks import _exercises_least_squares as exercises_least_squares
from companion.checks import _exercises_taylor as exercises_taylor
from companion.checks._judge import judge
from companion.checks._report import remember

# The tables of the chapters, in their order.
EXERCISES = {
    **exercises_jacobians.EXERCISES,
    **exercises_hessians.EXERCISES,
    **exercises_taylor.EXERCISES,
    **exercises_constrained.EXERCISES,
    **exercises_least_squares.EXERCISES,
}


def check(name, answer):
    """Is this the answer to that exercise? If not, what is wrong with it?

    The answer is tried on inputs that the exercise's entry in the table gives, chosen by hand and
    random, and compared with what is right and with what the classic mistakes would give. Code that
    raises, never ends, returns the wrong thing or changes its inputs is told so; it gets 1.5
    seconds in all, and more where many steps are right.

    Parameters
    ----------
    name : str
        The exercise, as its starter cell has it: ``"jacobians-3"``.
    answer : callable or value
        What the exercise asks for, most often a function.

    Returns
    -------
    Verdict
        Its repr is a sentence: what was tried, what came back, what was expected. ``.passed`` is
        False for what is wrong, and for what is not written yet.

    Raises
    ------
    ValueError
        If there is no exercise of that name; the message lists those there are.

    Examples
    --------
    >>> from companion.checks import check
    >>> import numpy as np
    >>> check("jacobians-2", lambda x: x / np.linalg.norm(x))
    jacobians-2: passed. Right on the 23 inputs that were tried.
    >>> check("jacobians-2", lambda x: 2 * x)
    jacobians-2: not right. For x = [3, 4] the answer was [6, 8], expected was
    [0.6, 0.8]. This is the gradient of ‖x‖², the norm squared.
    >>> check("jacobians-2", ...)
    jacobians-2: not yet. Asked for: the gradient of ‖x‖ at x, shape (n,).
    """
    name = as_choice(name, "name", list(EXERCISES))
    verdict = judge(name, EXERCISES[name], answer)
    remember(verdict)
    return verdict
