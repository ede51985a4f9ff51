"""How the comparisons are made: side by side, in turns, in ratios."""

import statistics
import time
from dataclasses import asdict, dataclass

SENSES = {"<=": lambda figure, bar: figure <= bar, ">=": lambda figure, bar: figure >= bar}


@dataclass
class Bar:
    """One figure and what it should be.

    Attributes
    ----------
    section : str
        The heading on the page.
    name : str
        What was measured.
    figure : float
        The median of the ratios, or the number itself.
    sense, bar : str and float
        What it should be: "<=" or ">=" the bar. "" for a figure without one.
    low, high : float
        The quartiles of the ratios; the figure itself where it is no timing.
    times : dict
        The median time of each side, in seconds.
    """

    section: str
    name: str
    figure: float
    sense: str = ""
    bar: float | None = None
    low: float | None = None
    high: float | None = None
    times: dict | None = None

    @property
    def met(self):
        return SENSES[self.sense](self.figure, self.bar) if self.sense else None

    def line(self):
        """One line for the terminal."""
        verdict = {True: "met", False: "NOT MET", None: "for information"}[self.met]
        bar = f"{self.sense} {self.bar:g}" if self.sense else ""
        return f"{self.section:14s} {self.name:70s} {self.figure:10.3g} {bar:9s} {verdict}"

    def as_record(self):
        return asdict(self) | {"met": self.met}


def compare(section, name, ours, theirs, sense="", bar=None, *, seconds=1.0):
    """The ratio of the time of `ours` to that of `theirs`, as a `Bar`."""
    own, other = race([ours, theirs], seconds)
    ratios = [a / b for a, b in zip(own, other, strict=True)]
    low, figure, high = quartiles(ratios)
    times = {"ours": statistics.median(own), "theirs": statistics.median(other)}
    return Bar(section, name, figure, sense, bar, low, high, times)


def times_faster(section, name, ours, theirs, bar, *, rounds=3):
    """How many times as long `theirs` takes, where it takes long; as a `Bar`."""
    own, other = [], []
    ours()
    for _ in range(rounds):
        own.append(statistics.median(clock(ours, 1) for _ in range(5)))
        other.append(clock(theirs, 1))
    low, figure, high = quartiles([b / a for a, b in zip(own, other, strict=True)])
    times = {"ours": statistics.median(own), "theirs": statistics.median(other)}
    return Bar(section, name, figure, ">=", bar, low, high, times)


def race(calls, seconds):
    """The times of some functions, called in turns for about so many seconds, at least 3 times.

    A fast function is called several times in a row, so that the clock's own time does not count.
    """
    warm = [clock(call, 1) for call in calls]  # whatever is compiled or cached is so now
    repeats = [
        max(1, int(2e-3 / clock(call, 1))) if t < 0.1 else 1
        for call, t in zip(calls, warm, strict=True)
    ]
    times, end = [[] for _ in calls], time.perf_counter() + seconds
    while len(times[0]) < 3 or time.perf_counter() < end:
        for call, repeat, own in zip(calls, repeats, times, strict=True):
            own.append(clock(call, repeat))
    return times


def clock(call, repeat):
    """The mean time of some calls in a row."""
    begun = time.perf_counter()
    for _ in range(repeat):
        call()
    return (time.perf_counter() - begun) / repeat


def quartiles(values):
    """The lower quartile, the median and the upper quartile."""
    return tuple(statistics.quantiles(values, n=4, method="inclusive"))
