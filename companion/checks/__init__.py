"""Checks a reader's answers to the exercises of the course, at once, with a reason.

``_check`` is what the reader calls; ``_judge`` tries an answer and words the verdict, within a
limit of time (``_time_limit``); ``_report`` says in one line what has passed. The exercises of each
chapter are a table, which gives the answers away: ``_exercises_jacobians``,
``_exercises_hessians``, ``_exercises_taylor``, ``_exercises_constrained``,
``_exercises_least_squares``.
"""

from companion.checks._check import EXERCISES, check
from companion.checks._judge import Verdict
from companion.checks._report import Report, read_report, report

__all__ = [
    "EXERCISES",
    "Report",
    "Verdict",
    "check",
    "read_report",
    "report",
]
