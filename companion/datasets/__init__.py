"""Small real data sets, with their source, their licence and, for NIST's, the certified answers.

``_datasets`` has the table of the sets, and reads them.
"""

from companion.datasets._datasets import SETS, Certified, Dataset, load

__all__ = [
    "SETS",
    "Certified",
    "Dataset",
    "load",
]
