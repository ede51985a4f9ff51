"""Judges a reader's answer to an exercise, and says what was tried, what came back, what was due.

The answer is tried on one set of inputs after the other, until something is wrong with it. Then
follow, in this order: Did it come back? Did it leave its inputs alone? Has it been written yet? Is
it made of finite numbers? Is it right, or what a known mistake gives? Has it the right shape?
"""

import copy
import inspect
import linecache
import textwrap
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from companion.results import describe
from companion.time_limit import TimeIsUp, run_within

LIMIT = 1.5  # seconds for all that the reader's code does in one check
LOOSE = 1e-4  # a mistake may come with errors of its own
SHOWN = 12  # entries of an array that a sentence quotes in full
OURS = (str(Path(__file__).parent), str(Path(np.__file__).parent))

# Mistakes that every exercise knows: how the answer comes out, given the right one.
COMMON = {
    "It is the transpose of what is asked: rows and columns have changed places.": np.transpose,
    "It is right but for the sign.": np.negative,
    "It is twice what is asked. Is a ½ missing?": lambda right: 2 * right,
    "It is half of what is asked. Is a 2 missing, or a ½ one too many?": lambda right: right / 2,
}


@dataclass(frozen=True)
class Exercise:
    """One row of the table of exercises.

    Attributes
    ----------
    asks : str
        What is asked, to stand after "Asked for:".
    tries : list of dict
        The sets of inputs, {letter: value}; the answer is called with the values, in this order.
        ``[{}]`` if the answer is not a function but a value.
    right : callable or None
        right(\\*inputs) is what must come back: an array, a number, a text, or True or False.
    mistakes : dict
        {sentence: what that mistake gives for the inputs, a callable like `right`}.
    requires : callable or None
        For what has more than one answer: requires(answer, value, \\*inputs) says what is wrong
        with the reader's function and the value that came back, or None where all is well.
    tol : float
        The largest error, relative to the largest entry of what is right.
    close : str
        What to look at where the relative error is below 1e-2, but not below `tol`.
    """

    asks: str
    tries: list
    right: Callable | None = None
    mistakes: dict = field(default_factory=dict)
    requires: Callable | None = None
    tol: float = 1e-8
    close: str = ""


@dataclass(frozen=True, repr=False)
class Verdict:
    """What a check found; true where the answer passed.

    Attributes
    ----------
    name : str
        The exercise.
    passed : bool
        Whether all that was tried came out right.
    said : str
        What was tried, what came back, what was expected; "not yet" for an answer not yet written.
    """

    name: str
    passed: bool
    said: str

    def __bool__(self):
        return self.passed

    def __repr__(self):
        text = f"{self.name}: {self.said}"
        return textwrap.fill(text, 75, break_long_words=False, break_on_hyphens=False)


class NotYet(Exception):
    """The answer is still to be written."""


class NotRight(Exception):
    """What is wrong with an answer."""


def judge(name, exercise, answer):
    """The verdict on an answer.

    Parameters
    ----------
    name : str
        The exercise's name, for the verdict.
    exercise : Exercise
        What is asked.
    answer : callable or value
        The reader's.

    Returns
    -------
    Verdict

    Examples
    --------
    >>> from companion.verdicts import Exercise, judge
    >>> square = Exercise("the square of x", [{"x": 3.0}], right=lambda x: x**2)
    >>> judge("squares-1", square, lambda x: x * x)
    squares-1: passed. Right on the 1 input that was tried.
    >>> judge("squares-1", square, lambda x: -x * x)
    squares-1: not right. For x = 3 the answer was -9, expected was 9. It is
    right but for the sign.
    >>> judge("squares-1", square, ...)
    squares-1: not yet. Asked for: the square of x.
    """
    end = time.monotonic() + LIMIT
    try:
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for number, inputs in enumerate(exercise.tries):
                _examine(exercise, answer, inputs, end, is_first=number == 0)
    except NotYet as reason:
        return Verdict(name, False, f"not yet. {reason}")
    except NotRight as reason:
        return Verdict(name, False, f"not right. {reason}")
    count = len(exercise.tries)
    tried = f"on the {count} input{'s' * (count > 1)} that {'were' if count > 1 else 'was'} tried"
    return Verdict(name, True, f"passed. Right {tried}." if inputs else "passed. Right.")


def _examine(exercise, answer, inputs, end, *, is_first):
    """Try an answer on one set of inputs; NotYet or NotRight says what it lacks."""
    asked = f"Asked for: {exercise.asks}."
    if answer is None or answer is ...:
        raise NotYet(asked)
    given = copy.deepcopy(inputs)
    value = _call(answer, given, end, asked) if inputs else answer
    for letter, before in inputs.items():
        if not _same(before, given[letter]):
            raise NotRight(
                f"{_for(inputs)} your code changed its input {letter} in place, to "
                f"{_show(given[letter])}. Whoever called it still needs {letter}: work on a copy."
            )
    if value is ... and is_first:
        raise NotYet(asked)
    if value is None and is_first:
        raise NotYet(
            f"{asked} (None came back. If the code is written: does it return its result?)"
        )
    if exercise.right:
        _compare(exercise, inputs, value)
    if exercise.requires:
        value = _numbers(value, inputs)
        fault = _run(inputs, end, exercise.requires, answer, value, *inputs.values())
        if fault:
            raise NotRight(f"{_for(inputs)} the answer was {_show(value)}. {fault}")


# Running the reader's code


def _call(answer, given, end, asked):
    """answer(\\*given), or why there is no value."""
    letters = ", ".join(given)
    if not callable(answer):
        raise NotRight(f"{asked} This is a function of ({letters}); yours is {_a_kind(answer)}.")
    try:
        inspect.signature(answer).bind(*given.values())
    except TypeError as error:
        raise NotRight(f"{asked} It is called with ({letters}), and that fails: {error}.") from None
    except ValueError:
        pass  # compiled functions need not tell their signature
    return _run(given, end, answer, *given.values())


def _run(inputs, end, function, *arguments):
    """Run what the reader wrote; whatever happens in it is told."""
    try:
        return run_within(max(end - time.monotonic(), 0.01), function, *arguments)
    except TimeIsUp as stop:
        raise NotRight(
            f"{_for(inputs)} your code had not come back after {LIMIT:g} seconds; it was"
            f"{_place(stop)}. Does its loop ever end?"
        ) from None
    except (Exception, SystemExit) as error:
        kind, message = type(error).__name__, f": {error}" if str(error) else ""
        raise NotRight(f"{_for(inputs)} your code raised {kind}{_place(error)}{message}") from None


def _place(error):
    """Where in the reader's code an exception came from, as far as that is known."""
    calls = [
        (call.f_code.co_filename, line) for call, line in traceback.walk_tb(error.__traceback__)
    ]
    theirs = [(file, line) for file, line in calls if not file.startswith(OURS)]
    if not theirs:
        return ""
    file, line = theirs[-1]
    code = linecache.getline(file, line).strip()
    return f" in line {line}" + (f", `{code}`" if code else "")


# Comparing


def _compare(exercise, inputs, value):
    """Nothing where the value is right; else NotRight, with the mistake if it is a known one."""
    right = exercise.right(*inputs.values())
    if isinstance(right, str | bool):
        if np.ndim(value) or value != right:
            raise NotRight(f"{_for(inputs)} the answer was {value!r}, expected was {right!r}.")
        return
    right, value = np.asarray(right), _numbers(value, inputs, may_be_complex=np.iscomplexobj(right))
    error = _error(value, right)
    if error <= exercise.tol:
        return
    said = f"{_for(inputs)} the answer was {_show(value)}, expected was {_show(right)}."
    known = {mistake: formula(*inputs.values()) for mistake, formula in exercise.mistakes.items()}
    known |= {
        mistake: formula(right) for mistake, formula in COMMON.items() if mistake not in known
    }
    for mistake, wrong in known.items():
        # Not where it would be right, or nearly so: a vector is its own transpose.
        if _error(value, wrong) <= LOOSE < _error(wrong, right):
            raise NotRight(f"{said} {mistake}")
    if value.shape != right.shape:
        raise NotRight(f"{said} Its shape is {value.shape}, and must be {right.shape}.")
    if error < 1e-2:
        said += f" The relative error is {error:.1e}; at most {exercise.tol:g} is allowed."
        said += f" {exercise.close}"
    raise NotRight(said.strip())


def _error(value, right):
    """The largest difference, relative to the largest entry of what is right."""
    value, right = np.asarray(value) * 1.0, np.asarray(right) * 1.0
    if value.shape != right.shape:
        return np.inf
    size = np.max(np.abs(right), initial=0.0)
    return np.max(np.abs(value - right), initial=0.0) / (size or 1.0)


def _numbers(value, inputs, *, may_be_complex=False):
    """The answer as an array of finite numbers."""
    try:
        array = np.asarray(value)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "buifc":
        raise NotRight(f"{_for(inputs)} {_a_kind(value)} came back; numbers are expected.")
    if array.dtype.kind == "c" and not may_be_complex:
        raise NotRight(f"{_for(inputs)} the answer was {_show(array)}; it should not be complex.")
    if not np.isfinite(array).all():
        raise NotRight(f"{_for(inputs)} the answer was {_show(array)}: not all of it is finite.")
    return array


def _same(before, after):
    """Whether an input is what it was."""
    if isinstance(before, np.ndarray):
        return before.shape == after.shape and np.array_equal(before, after, equal_nan=True)
    if isinstance(before, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return True


# Saying


def _for(inputs):
    """The inputs that were tried, to begin a sentence with."""
    return f"For {', '.join(map(_show_input, inputs.items()))}" if inputs else "Here"


def _show_input(item):
    letter, value = item
    if callable(value):
        return (
            f"{letter}: {getattr(value, 'name', None) or getattr(value, '__name__', 'a function')}"
        )
    return f"{letter} = {_show(value)}"


def _show(value):
    """A value, short enough to be quoted in a sentence."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_show, value))}]"
    if not isinstance(value, np.ndarray | np.generic | float | complex):
        return str(value)
    array = np.asarray(value)
    if array.size > SHOWN:
        return f"{describe(array.ravel()[:3])[:-1]}, …] of shape {array.shape}"
    text = describe(array) if array.ndim else f"{array[()]:.6g}"
    return " ".join(text.split())


def _a_kind(value):
    """A list, an array."""
    kind = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
