"""Every solution with one token changed: whatever is wrong on some input is refused.

A mutant that passes must be right on a thousand random inputs, and stand in the table of those
that are as right as the solution, with the reason.
"""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from equivalent_mutants import EQUIVALENT
from mutants import mutants
from solutions import answers, source

from companion.checks import EXERCISES, check
from companion.checks import _judge as verdicts

# What ends an endless loop may be raised in what hypothesis does when garbage is collected, and is
# then let fall there; it is raised again.
pytestmark = pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*gc_callback:pytest.PytestUnraisableExceptionWarning"
)

# What takes long is tried on fewer: {exercise: (mutants, inputs for those that pass)}.
FEWER = {
    "constrained-7": (10, 3),
    "constrained-8": (8, 3),
    "least_squares-5": (40, 50),
    "least_squares-8": (30, 10),
}


def changed(name):
    """Pairs of what was changed in a solution, and the answer that this makes."""
    # Some cells hand their answer to `check` at once: there a mutant would take the answer's place.
    names = answers()[name].__globals__ | {"check": lambda name, answer: None}
    for what, code in mutants(source(name)):
        space = dict(names)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an index that is a fraction
            exec(compile(code, name, "exec"), space)
        yield what, space[answers()[name].__name__]


def is_right(exercise, answer):
    """Whether an answer is right on all inputs of an exercise; without a limit of time."""
    for number, inputs in enumerate(exercise.inputs):
        value = np.asarray(answer(*inputs.values()))
        if exercise.requires and exercise.requires(answer, value, *inputs.values()):
            return False
        if exercise.right and verdicts._error(value, exercise.rights[number]) > exercise.tol:
            return False
    return True


@pytest.mark.parametrize("name", list(EXERCISES))
def test_a_token_changed_is_refused_or_makes_no_difference(name, monkeypatch):
    monkeypatch.setattr(verdicts, "LIMIT", 0.15)  # there are endless loops among them
    exercise, rng = EXERCISES[name], np.random.default_rng(2)
    most, inputs = FEWER.get(name, (1000, 1000))
    others = list(changed(name))
    others = [others[i] for i in rng.permutation(len(others))[:most]]
    passed = [(what, answer) for what, answer in others if check(name, answer).passed]
    reasons = {what for each in EQUIVALENT.get(name, {}).values() for what in each}
    assert {what for what, _ in passed} <= reasons
    if exercise.draw:
        drawn = replace(exercise, tries=[exercise.draw(rng) for _ in range(inputs)], draws=0)
        with np.errstate(all="ignore"):
            assert not [what for what, answer in passed if not is_right(drawn, answer)]


def test_the_mutants_that_make_no_difference_are_mutants():
    for name, reasons in EQUIVALENT.items():
        there = {what for what, _ in mutants(source(name))}
        for reason, listed in reasons.items():
            assert set(listed) <= there, (name, reason)
