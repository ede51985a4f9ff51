"""Judges a reader's answer to an exercise, and says what was tried, what came back, what was due.

The answer is tried on one set of inputs after the other, until something is wrong with it: inputs
chosen by hand, and random ones, the same at each check. The questions are, in this order: Did it
come back? Did it leave its inputs alone? Has it been written yet? Is it made of finite numbers? Is
it right? If not, is it what a known mistake gives, wherever that mistake tells? Has it the right
shape?
"""

import copy
import inspect
import linecache
import os
import textwrap
import time
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np

from companion.checks._time_limit import TimeIsUp, run_within

LIMIT = 1.5  # seconds for all that the reader's code does in one check
LOOSE = 1e-4  # a mistake may come with errors of its own
SHOWN = 12  # entries of an array that a sentence quotes in full
# Where no line is the reader's: the course's package, the standard library, what is installed.
OURS = tuple(
    f"{folder}{os.sep}"
    for folder in (
        Path(__file__).parents[1],
        Path(os.__file__).parent,
        Path(np.__file__).parents[1],
    )
)


@dataclass(frozen=True)
class Mistake:
    """A mistake that is known, and so can be named.

    Attributes
    ----------
    says : str
        The sentence for whoever made it. It must be true of every answer that gives the same.
    gives : callable
        gives(\\*inputs) is what comes out with it; None where that does not tell it from others.
    """

    says: str
    gives: Callable


# Mistakes that every exercise knows; `gives` takes what is right.
COMMON = (
    Mistake(
        "It is the transpose of what is asked: rows and columns have changed places.", np.transpose
    ),
    Mistake("It is right but for the sign.", np.negative),
    Mistake("It is twice what is asked. Is a ½ missing?", lambda right: 2 * right),
    Mistake(
        "It is half of what is asked. Is a 2 missing, or a ½ one too many?",
        lambda right: right / 2,
    ),
)


@dataclass(frozen=True)
class Exercise:
    """One row of the table of exercises.

    Attributes
    ----------
    asks : str
        What is asked, to stand after "Asked for:".
    tries : list of dict
        The sets of inputs chosen by hand, {letter: value}; the answer is called with the values, in
        this order. ``[{}]`` if the answer is not a function but a value.
    right : callable or None
        right(\\*inputs) is what must come back: an array, a number, a text, or True or False.
    mistakes : list of Mistake
        Those with a sentence of their own.
    requires : callable or None
        For what has more than one answer: requires(answer, value, \\*inputs) says what is wrong
        with the reader's function and the value that came back, or None where all is well.
    draw : callable or None
        draw(rng) is one more set of inputs, any that the exercise allows.
    draws : int
        How many of these are tried.
    tol : float
        The largest error, relative to the largest entry of what is right.
    close : str
        What to look at where the relative error is below 1e-2, but not below `tol`; true of every
        input.
    patience : float
        How much longer than `LIMIT` the answer may take.
    """

    asks: str
    tries: list
    right: Callable | None = None
    mistakes: list = field(default_factory=list)
    requires: Callable | None = None
    draw: Callable | None = None
    draws: int = 20
    tol: float = 1e-8
    close: str = ""
    patience: float = 1.0

    @cached_property
    def inputs(self):
        """All sets of inputs: those chosen by hand, then random ones, always the same."""
        rng = np.random.default_rng(1)
        return self.tries + [self.draw(rng) for _ in range(self.draws if self.draw else 0)]

    @cached_property
    def rights(self):
        """What is right for each of these."""
        return [self.right(*inputs.values()) for inputs in self.inputs]


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


def few_digits(rng, *shape):
    """Random numbers, of both signs and of size 1, short enough to be quoted.

    Examples
    --------
    >>> from companion.checks._judge import few_digits
    >>> few_digits(np.random.default_rng(0), 3)
    array([ 0.13, -0.13,  0.64])
    """
    return rng.standard_normal(shape).round(2)


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
    >>> from companion.checks._judge import Exercise, judge
    >>> square = Exercise("the square of x", [{"x": 3.0}], right=lambda x: x**2)
    >>> judge("squares-1", square, lambda x: x * x)
    squares-1: passed. Right on the 1 input that was tried.
    >>> judge("squares-1", square, lambda x: -x * x)
    squares-1: not right. For x = 3 the answer was -9, expected was 9. It is
    right but for the sign.
    >>> judge("squares-1", square, ...)
    squares-1: not yet. Asked for: the square of x.
    """
    inputs = exercise.inputs[0]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            _examine(exercise, answer)
        except NotYet as reason:
            return Verdict(name, False, f"not yet. {reason}")
        except NotRight as reason:
            return Verdict(name, False, f"not right. {reason}")
    count = len(exercise.inputs)
    tried = f"on the {count} inputs that were" if count > 1 else "on the 1 input that was"
    return Verdict(name, True, f"passed. Right {tried} tried." if inputs else "passed. Right.")


def _examine(exercise, answer):
    """Try an answer on all inputs; NotYet or NotRight says what it lacks."""
    clock = _Clock(LIMIT * exercise.patience)
    values = []
    for inputs in exercise.inputs:
        try:
            values.append(_value(exercise, answer, inputs, clock))
        except NotYet:
            if not values:
                raise
            raise NotRight(f"{_for(inputs)} nothing came back.") from None
        if exercise.right:
            right = exercise.rights[len(values) - 1]
            if not _is_right(values[-1], right, exercise.tol):
                raise NotRight(_what_is_wrong(exercise, answer, values, clock))
        if exercise.requires:
            fault = _run(inputs, clock, exercise.requires, answer, values[-1], *inputs.values())
            if fault:
                raise NotRight(f"{_for(inputs)} the answer was {_show(values[-1])}. {fault}")


def _value(exercise, answer, inputs, clock):
    """What the answer gives for one set of inputs, if that is of the kind that is asked for."""
    asked = f"Asked for: {exercise.asks}."
    if answer is None or answer is ...:
        raise NotYet(asked)
    given = copy.deepcopy(inputs)
    value = _call(answer, given, clock, asked) if inputs else answer
    for letter, before in inputs.items():
        if not _same(before, given[letter]):
            raise NotRight(
                f"{_for(inputs)} your code changed its input {letter} in place, to "
                f"{apart(given[letter], before)[0]}. Whoever called it still needs {letter}: "
                "work on a copy."
            )
    if value is ...:
        raise NotYet(asked)
    if value is None:
        raise NotYet(
            f"{asked} (None came back. If the code is written: does it return its result?)"
        )
    right = exercise.right(*inputs.values()) if exercise.right else 0.0
    if isinstance(right, str | bool):
        return value
    return _numbers(value, inputs, may_be_complex=np.iscomplexobj(right))


# Running the reader's code


def _call(answer, given, clock, asked):
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
    return _run(given, clock, answer, *given.values())


class _Clock:
    """The seconds that are left for the reader's code."""

    def __init__(self, seconds):
        self.seconds, self.end = seconds, time.monotonic() + seconds

    def left(self):
        return max(self.end - time.monotonic(), 0.01)


def _run(inputs, clock, function, *arguments):
    """Run what the reader wrote; whatever happens in it is told."""
    try:
        return run_within(clock.left(), function, *arguments)
    except TimeIsUp as stop:
        place = _place(stop)
        raise NotRight(
            f"{_for(inputs)} your code had not come back after {clock.seconds:g} seconds"
            f"{place and f'; it was{place}'}. Does its loop ever end?"
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


def _is_right(value, right, tol):
    if isinstance(right, str | bool):
        return not np.ndim(value) and bool(value == right)
    return _error(value, right) <= tol


def _what_is_wrong(exercise, answer, values, clock):
    """What came back and what was due; the mistake, if it is a known one; else shape or size."""
    at = len(values) - 1
    inputs, value, right = exercise.inputs[at], values[at], exercise.rights[at]
    if isinstance(right, str | bool):
        return f"{_for(inputs)} the answer was {value!r}, expected was {right!r}."
    right = np.asarray(right)
    said = f"{_for(inputs)} {_apart(value, right)}"
    made = [m for m in (*exercise.mistakes, *COMMON) if _matches(m, exercise, at, value)]
    if made:
        values = values + [
            _value_or_none(exercise, answer, i, clock) for i in exercise.inputs[at + 1 :]
        ]
    for mistake in made:
        matches = [_matches(mistake, exercise, i, value) for i, value in enumerate(values)]
        if False not in matches and matches.count(True) >= min(2, len(matches)):
            return f"{said} {mistake.says}"
    if value.shape != right.shape:
        return f"{said} Its shape is {value.shape}, and must be {right.shape}."
    error = _error(value, right)
    if error < 1e-2:
        said += f" The relative error is {error:.1e}; at most {exercise.tol:g} is allowed."
        said += f" {exercise.close}"
    return said.strip()


def _value_or_none(exercise, answer, inputs, clock):
    try:
        return _value(exercise, answer, inputs, clock)
    except (NotYet, NotRight):
        return None


def _matches(mistake, exercise, at, value):
    """Whether a wrong value is what a mistake gives; None where that cannot be told.

    A mistake is named where it explains all that is wrong, and twice at least, since once may be
    chance; and who is right where it would not be has not made it.
    """
    right = np.asarray(exercise.rights[at])
    inputs = exercise.inputs[at].values()
    given = mistake.gives(right) if mistake in COMMON else mistake.gives(*inputs)
    if value is None or given is None:
        return None
    # Where the mistake is as good as right, it does not tell: a vector is its own transpose.
    if max(_error(given, right), _error(value, right)) <= 10 * LOOSE:
        return None
    return bool(_error(value, given) <= LOOSE < _error(given, right))


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


def apart(value, other):
    """Two values, in as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12, 17):
        texts = _show(value, digits), _show(other, digits)
        if texts[0] != texts[1]:
            break
    return texts


def _apart(value, right):
    """What came back and what was expected."""
    answer, expected = apart(value, right)
    said = f"the answer was {answer}, expected was {expected}."
    if value.shape == right.shape and right.size > SHOWN:
        at = np.unravel_index(np.abs(value - right).argmax(), right.shape)
        place = ", ".join(map(str, at))
        said += f" They differ most at [{place}], where {_apart(value[at], right[at])}"
    return said


def _show(value, digits=6):
    """A value, short enough to be quoted in a sentence."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(_show(entry, digits) for entry in value)}]"
    if not isinstance(value, np.ndarray | np.generic | float | complex):
        return str(value)
    array = np.asarray(value)
    if array.ndim == 0:
        return f"{array[()]:.{digits}g}" if array.dtype.kind in "fc" else str(array[()])
    if array.size > SHOWN:
        return f"{_show(array.ravel()[:3], digits)[:-1]}, …] of shape {array.shape}"
    return _show([*array], digits)


def _a_kind(value):
    """A list, an array."""
    kind = "array" if isinstance(value, np.ndarray) else type(value).__name__
    return f"an {kind}" if kind[0] in "aeiou" else f"a {kind}"
