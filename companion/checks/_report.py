"""What has passed in this session, in one line that can be handed in."""

import hashlib
import re
from dataclasses import dataclass

# {exercise: has it passed?}, of all that were checked since the kernel started.
RESULTS = {}

LINE = re.compile(r"(?P<student>.+): (?P<count>\d+) of (?P<tried>\d+) passed(?:: (?P<names>.+))?")


@dataclass(frozen=True, repr=False)
class Report:
    """What a student has done; its repr is the line to hand in.

    Attributes
    ----------
    student : str
        The name that the student gave.
    passed : tuple of str
        The exercises that passed, in the order in which they were first checked.
    tried : int
        How many exercises were checked in the session, those not written yet among them.
    """

    student: str
    passed: tuple
    tried: int

    def __repr__(self):
        names = f": {', '.join(self.passed)}" if self.passed else ""
        said = f"{self.student}: {len(self.passed)} of {self.tried} passed{names}"
        return f"{said} [{checksum(said)}]"


def remember(verdict):
    """Keep a verdict for the report: what has passed once, has passed."""
    RESULTS[verdict.name] = verdict.passed or RESULTS.get(verdict.name, False)


def report(student):
    """Which exercises have passed in this session, in one line.

    The session is the kernel's: run a notebook from its top, and all that it checks counts. An
    exercise that has passed once has passed, whatever is tried on it later.

    The line ends in a checksum of what stands before it. It tells a line that was mistyped or cut,
    or in which a name was changed. It is no proof: whoever reads this code can compute it.

    Parameters
    ----------
    student : str
        Whose line it is: a name, on one line.

    Returns
    -------
    Report
        Its repr is the line; ``.passed`` are the names of the exercises, ``.tried`` counts those
        that were checked.

    Raises
    ------
    ValueError
        If `student` is not a text of one line.

    See Also
    --------
    read_report : The other way.

    Examples
    --------
    >>> import numpy as np
    >>> from companion.checks import check, report
    >>> check("jacobians-2", lambda x: x / np.linalg.norm(x))
    jacobians-2: passed. Right on the 23 inputs that were tried.
    >>> "jacobians-2" in report("Ada Lovelace").passed
    True
    """
    if not isinstance(student, str) or len(student.splitlines()) != 1 or not student.strip():
        raise ValueError(f"student must be a name, a text of one line; it is {student!r}")
    passed = tuple(name for name, has_passed in RESULTS.items() if has_passed)
    return Report(" ".join(student.split()), passed, len(RESULTS))


def read_report(line):
    """The report that a line tells, if its checksum fits.

    Parameters
    ----------
    line : str
        What a student has handed in. Space around it, and how wide it is within, do not count.

    Returns
    -------
    Report

    Raises
    ------
    ValueError
        If `line` is no such line, or its checksum belongs to another one.

    Examples
    --------
    >>> from companion.checks import read_report
    >>> read_report("Ada Lovelace: 2 of 11 passed: jacobians-2, jacobians-3 [5613fe47]").passed
    ('jacobians-2', 'jacobians-3')
    """
    said, _, ending = " ".join(str(line).split()).rpartition(" ")
    found = LINE.fullmatch(said)
    if not found or not re.fullmatch(r"\[[0-9a-f]{8}\]", ending):
        raise ValueError(f"line must be what report() gives, one line; it is {line!r}")
    if ending != f"[{checksum(said)}]":
        raise ValueError(f"line must be as report() gave it: its checksum is of another; {line!r}")
    names = found["names"].split(", ") if found["names"] else []
    return Report(found["student"], tuple(names), int(found["tried"]))


def checksum(text):
    """Eight hexadecimal digits of a text."""
    return hashlib.sha256(text.encode()).hexdigest()[:8]
