"""How the comparisons are made: side by side, in turns, both answers judged by one error."""

import os
import platform
import time
from dataclasses import asdict, dataclass
from pathlib import Path

RATIO = "of its time"


@dataclass
class Figure:
    """One figure, and what it should be.

    Attributes
    ----------
    section : str
        The heading on the page.
    name : str
        What was measured.
    figure : float
        In a race the ratio of the shortest times, else the number itself.
    unit : str
        What the figure counts. `RATIO`: our time divided by the other's, so below 1 ours is faster.
    sense, bar : str and float
        What it should be: "<=" or ">=" the bar. "" for a figure without one.
    against : str
        In a race, the other side with its settings.
    times, errors : dict
        Of a race, for "ours" and "theirs": the shortest time in seconds, and the error of
        the answer. An error of None: that side does a part of the task only, and is a floor.
    """

    section: str
    name: str
    figure: float
    unit: str
    sense: str = ""
    bar: float | None = None
    against: str = ""
    times: dict | None = None
    errors: dict | None = None

    def line(self):
        """One line for the terminal."""
        name = f"{self.name}, against {self.against}" if self.against else self.name
        bar = f"{self.sense} {self.bar:g}" if self.sense else ""
        return f"{self.section:14s} {name:90s} {self.figure:10.3g} {self.unit} {bar}"

    def as_record(self):
        return asdict(self)


def race(section, name, against, ours, theirs, error, sense="", bar=None, *, seconds=1.0):
    """The ratio of the time of `ours` to that of `theirs`, and the errors of both answers.

    error : callable, or a pair where the sides return different things; None for a floor.
    """
    answers, times = in_turns([ours, theirs], seconds)
    measures = error if isinstance(error, tuple) else (error, error)
    errors = [
        None if measure is None else float(measure(answer))
        for measure, answer in zip(measures, answers, strict=True)
    ]
    sides = "ours", "theirs"
    return Figure(
        section,
        name,
        times[0] / times[1],
        RATIO,
        sense,
        bar,
        against,
        times=dict(zip(sides, times, strict=True)),
        errors=dict(zip(sides, errors, strict=True)),
    )


def in_turns(calls, seconds):
    """What some functions return, and the shortest time of each, in turns, for some seconds.

    What else the machine does can only make a time longer. The first call is not timed: whatever is
    compiled or cached is so afterwards. Each has at least 3 turns, a slow one 2.
    """
    begun = time.perf_counter()
    answers = [call() for call in calls]
    first = time.perf_counter() - begun
    repeats = [max(1, int(1e-3 / clock(call))) if first < 3 else 1 for call in calls]
    shortest, turns = [float("inf")] * len(calls), 0
    end = time.perf_counter() + seconds
    while turns < (3 if first < 3 else 2) or time.perf_counter() < end:
        turns += 1
        for i, (call, repeat) in enumerate(zip(calls, repeats, strict=True)):
            pause = time.perf_counter() + 0.05
            shortest[i] = min(shortest[i], clock(call, repeat))
            while time.perf_counter() < pause:
                shortest[i] = min(shortest[i], clock(call, repeat))
    return answers, shortest


def clock(call, repeat=1):
    """The mean time of some calls in a row."""
    begun = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - begun) / repeat


def relative(exact):
    """The error of an array: the largest difference from the exact one, over its largest entry."""

    def error(found):
        return abs(found - exact).max() / abs(exact).max()

    return error


def machine():
    """The processor, the system and Python."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0].split(":")[1].strip() if models else processor
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "threads of linear algebra": 1,
        "system": f"{platform.system()} {platform.machine()}",
        "Python": platform.python_version(),
    }
