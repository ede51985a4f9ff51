"""A verdict says what was tried, what came back, and what was expected."""

import dataclasses
import sys
import time
import warnings

import numpy as np
import pytest

from companion.checks import Verdict
from companion.checks import _judge as verdicts
from companion.checks._judge import Exercise, Mistake, judge
from companion.least_squares import qr_solve

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])
B = np.array([[0.5, 1.0], [-2.0, 3.0], [1.0, 1.5]])

product = Exercise(
    "the product AB",
    [{"A": A, "B": B}, {"A": B, "B": A}],
    right=lambda A, B: A @ B,
    mistakes=[Mistake("This is BA.", lambda A, B: B @ A)],
    tol=1e-6,
    close="Rounded?",
)


@pytest.fixture
def short_limit(monkeypatch):
    monkeypatch.setattr(verdicts, "LIMIT", 0.2)


def said(answer, exercise=product):
    verdict = judge("products-1", exercise, answer)
    assert not verdict.passed
    return verdict.said


def test_a_right_answer_passes():
    verdict = judge("products-1", product, lambda A, B: A @ B)
    assert verdict.passed
    assert verdict
    assert repr(verdict) == "products-1: passed. Right on the 2 inputs that were tried."


def test_a_verdict_is_frozen_and_short_of_the_page():
    verdict = Verdict("products-1", False, "not right. " + "word " * 40)
    assert max(map(len, repr(verdict).splitlines())) <= 75
    assert not verdict
    with pytest.raises(dataclasses.FrozenInstanceError):
        verdict.passed = True


@pytest.mark.parametrize("unfinished", [..., None, lambda A, B: ..., lambda A, B: None])
def test_an_unfinished_answer_is_not_yet_and_not_passed(unfinished):
    assert said(unfinished).startswith("not yet. Asked for: the product AB.")


def test_code_that_forgets_its_return_is_told():
    assert "does it return its result?" in said(lambda A, B: None)


def test_an_answer_that_comes_back_empty_later_is_not_right():
    assert "not right" in said(lambda A, B: A @ B if len(A) == 2 else None)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda A, B: B @ A, "This is BA."),
        (lambda A, B: (A @ B).T, "It is the transpose"),
        (lambda A, B: -A @ B, "right but for the sign"),
        (lambda A, B: 2 * A @ B, "twice what is asked"),
        (lambda A, B: A @ B / 2, "half of what is asked"),
        (lambda A, B: A @ B + 1e-4, "The relative error is 3.4e-06; at most 1e-06"),
        (lambda A, B: A @ B + 1e-4, "Rounded?"),
        (lambda A, B: A @ B @ np.ones(2), "Its shape is (2,), and must be (2, 2)"),
        (lambda A, B: A @ B * np.nan, "not all of it is finite"),
        (lambda A, B: A @ B * 1j, "should not be complex"),
        (lambda A, B: "AB", "a str came back; numbers are expected"),
        (lambda A, B: [[1.0], [2.0, 3.0]], "a list came back; numbers are expected"),
        (lambda A, B: np.linalg, "a module came back"),
        (lambda A: A, "called with (A, B), and that fails: too many positional arguments"),
        (lambda A, B, C: A, "fails: missing a required argument: 'C'"),
        (A @ B, "This is a function of (A, B); yours is an array"),
    ],
)
def test_what_is_wrong_is_named(answer, words):
    assert words in said(answer)


def test_what_a_mistake_leaves_nearly_as_it_is_is_not_taken_for_it():
    square = Exercise("x²", [{"x": 3.0}], right=lambda x: x**2, close="Rounded?")
    words = said(lambda x: x**2 + 1e-5, square)  # the transpose of a number is that number
    assert "transpose" not in words
    assert "Rounded?" in words


def test_the_inputs_the_answer_and_the_right_one_are_quoted():
    text = said(lambda A, B: np.eye(2))
    assert (
        "For A = [[1, 2, 3], [4, 5, 7]], B = [[0.5, 1], [-2, 3], [1, 1.5]] the answer was" in text
    )
    assert "was [[1, 0], [0, 1]], expected was [[-0.5, 11.5], [-1, 29.5]]." in text


def test_a_list_of_numbers_is_an_array():
    assert judge("products-1", product, lambda A, B: (A @ B).tolist())


def test_an_exception_is_told_with_its_line():
    def answer(A, B):
        rows = len(A)
        return A[rows] @ B

    line = sys._getframe().f_lineno - 2
    text = said(answer)
    assert f"raised IndexError in line {line}, `return A[rows] @ B`: index 2 is out of" in text


def test_the_line_is_the_readers_even_where_numpy_raises():
    def answer(A, B):
        return np.linalg.solve(A, B)

    assert "raised LinAlgError in line" in said(answer)
    assert "`return np.linalg.solve(A, B)`" in said(answer)


def test_the_line_is_the_readers_even_where_the_course_raises():
    def answer(A, B):
        return qr_solve(np.nan * A, B)

    assert "raised ValueError in line" in said(answer)
    assert "`return qr_solve(np.nan * A, B)`" in said(answer)


def test_endless_recursion_and_exit_are_told():
    def endless(A, B):
        return endless(A, B)

    assert "raised RecursionError" in said(endless)
    assert "raised SystemExit" in said(lambda A, B: sys.exit(1))


def test_an_interrupt_of_the_reader_passes_through():
    def interrupted(A, B):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judge("products-1", product, interrupted)


def test_an_endless_loop_is_told_with_its_line(short_limit):
    def answer(A, B):
        k = 0
        while k >= 0:
            k += 1

    start = time.monotonic()
    text = said(answer)
    assert time.monotonic() - start < 1.0
    assert "had not come back after 0.2 seconds; it was in line" in text
    assert "Does its loop ever end?" in text


def test_where_it_was_is_not_said_where_that_is_not_known(short_limit):
    late = Exercise("x", [{"x": 0.4}], right=abs)
    assert "had not come back after 0.2 seconds. Does its loop" in said(time.sleep, late)


def test_the_limit_is_for_all_inputs_together(short_limit):
    def slow(A, B):
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            pass
        return A @ B

    assert "had not come back" in said(slow)


def test_an_input_that_was_changed_is_told():
    def answer(A, B):
        A *= 2
        return A @ B / 2

    assert "changed its input A in place, to [[2, 4, 6], [8, 10, 14]]" in said(answer)


def test_an_input_that_is_put_back_but_for_rounding_shows_it():
    third = Exercise("x", [{"x": np.array([0.1])}], right=lambda x: x)

    def answer(x):
        x += 0.2
        x -= 0.2
        return x

    assert "in place, to [0.10000000000000003]." in said(answer, third)


def test_changes_inside_lists_of_arrays_are_seen():
    chain = Exercise("their product", [{"Js": [A, B]}], right=lambda Js: Js[0] @ Js[1])

    def answer(Js):
        Js[0] += 1
        return (Js[0] - 1) @ Js[1]

    assert "changed its input Js in place" in said(answer, chain)
    assert "changed its input Js" in said(lambda Js: Js.pop(0) @ Js.pop(0), chain)


def test_the_readers_warnings_are_not_ours():
    noisy = Exercise("the root of x", [{"x": np.array([4.0])}], right=np.sqrt)

    def answer(x):
        np.log(np.zeros(2))
        warnings.warn("mine")  # noqa: B028
        return np.sqrt(x)

    assert judge("roots-1", noisy, answer)


def test_words_and_truths_are_compared_as_they_are():
    kind = Exercise("the kind", [{"x": 1.0}], right=lambda x: "saddle")
    assert judge("kinds-1", kind, lambda x: "saddle")
    assert "was 'minimum', expected was 'saddle'" in said(lambda x: "minimum", kind)
    assert "expected was 'saddle'" in said(lambda x: A, kind)
    truth = Exercise("whether x > 0", [{"x": 1.0}], right=lambda x: True)
    assert judge("truths-1", truth, lambda x: np.float64(x) > 0)
    assert "expected was True" in said(lambda x: x < 0, truth)


def test_a_value_may_be_asked_for():
    best = Exercise("the best step", [{}], right=lambda: 2e-8, tol=0.1)
    assert repr(judge("steps-1", best, 2.1e-8)) == "steps-1: passed. Right."
    assert "not yet" in said(..., best)
    assert "Here the answer was 1e-08, expected was 2e-08. It is half" in said(1e-8, best)
    assert "a function came back; numbers are expected" in said(lambda: 2e-8, best)


def test_a_requirement_may_stand_for_the_right_answer():
    def is_root(f, value, x):
        return None if abs(value**2 - x) < 1e-9 else f"Its square is {value**2:g}."

    root = Exercise("a root of x", [{"x": 4.0}], requires=is_root)
    assert judge("roots-1", root, lambda x: -2.0)
    assert said(lambda x: 3.0, root) == "not right. For x = 4 the answer was 3. Its square is 9."
    assert "not all of it is finite" in said(lambda x: np.nan, root)


def test_long_arrays_are_not_quoted_in_full():
    long = Exercise("twice x", [{"x": np.arange(100.0)}], right=lambda x: 2 * x)
    text = said(lambda x: x, long)
    assert "For x = [0, 1, 2, …] of shape (100,) the answer was [0, 1, 2, …] of shape" in text


def test_zero_is_compared_absolutely():
    nothing = Exercise("zero", [{"x": np.ones(2)}], right=lambda x: np.zeros(2))
    assert judge("zeros-1", nothing, lambda x: 1e-12 * x)
    assert not judge("zeros-1", nothing, lambda x: 1e-6 * x)


# A mistake is named where it explains all that is wrong


numbers = [{"x": x} for x in (1.0, 2.0, 3.0, 4.0)]
square = Exercise("x²", numbers, right=lambda x: x**2, mistakes=[Mistake("2x!", lambda x: 2 * x)])
count = Exercise(
    "the divisors of n",
    [{"n": n} for n in range(2, 12)],
    right=lambda n: sum(n % k == 0 for k in range(1, n + 1)),
    mistakes=[Mistake("Without n itself.", lambda n: sum(n % k == 0 for k in range(1, n)))],
)


@pytest.mark.parametrize(
    ("answer", "is_named"),
    [
        (lambda x: 2 * x, True),
        (lambda x: 2 * x if x < 4 else x**2, False),  # right where it would not be
        (lambda x: 2 * x if x < 3 else x**2, False),  # met once
        (lambda x: 2 * x if x < 4 else 0.0, False),  # 4 is wrong in another way
        (lambda x: 2 * x if x < 4 else {}["no"], True),
    ],
)
def test_a_mistake_explains_all_that_is_wrong_and_twice(answer, is_named):
    assert ("2x!" in said(answer, square)) == is_named


@pytest.mark.parametrize(
    ("answer", "is_named"),
    [
        (lambda n: sum(n % k == 0 for k in range(1, n)), True),
        (lambda n: sum(n % k == 0 for k in range(1, n + 1)) - (n > 9), False),
    ],
)
def test_a_count_met_by_chance_is_no_mistake(answer, is_named):
    assert ("Without n itself." in said(answer, count)) == is_named


def test_a_mistake_that_cannot_tell_is_not_asked():
    tells = Mistake("For odd x: 2x!", lambda x: 2 * x if x % 2 else None)
    exercise = Exercise("x²", numbers, right=lambda x: x**2, mistakes=[tells])
    assert "For odd x" in said(lambda x: 2 * x if x % 2 else x**2 + 1, exercise)


def test_random_inputs_are_the_same_each_time_and_come_last():
    def draw(rng):
        return {"x": float(rng.integers(10, 99))}

    one, two = (Exercise("x", [{"x": 1.0}], right=abs, draw=draw, draws=5) for _ in range(2))
    assert one.inputs == two.inputs
    assert one.inputs[0] == {"x": 1.0}
    assert "Right on the 6 inputs" in judge("same-1", one, lambda x: x).said
    assert not judge("same-1", one, lambda x: min(x, 9.0))


@pytest.mark.parametrize("by", [1e-3, 1e-7, 1e-10, 4e-16])
def test_digits_are_shown_until_they_differ(by):
    exact = Exercise("1", [{"x": 1.0}], right=lambda x: x, tol=0.0)
    text = said(lambda x: x + by, exact)
    answer, expected = text.split("answer was ")[1].split(". ")[0].split(", expected was ")
    assert answer != expected


def test_the_entry_that_differs_is_shown_where_not_all_fit():
    long = Exercise("x", [{"x": np.arange(40.0)}], right=lambda x: x)
    text = said(lambda x: x + 1e-3 * (x == 30), long)
    assert "They differ most at [30], where the answer was 30.001, expected was 30." in text


def test_an_exercise_may_have_more_patience(short_limit):
    patient = dataclasses.replace(product, patience=4)

    def slow(A, B):
        time.sleep(0.15)
        return A @ B

    assert judge("products-1", patient, slow)
    assert "after 0.8 seconds" in said(lambda A, B: time.sleep(1), patient)
