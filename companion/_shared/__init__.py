"""What all packages share.

``arguments`` are made what they must be, or refused by name; ``calls`` of the reader's functions
are checked alike; ``floats`` has lengths that neither overflow nor vanish; ``iteration`` is the
loop that runs the steps of a descent, and decides how it ends; ``blocks`` of rows are reduced one
after the other, or on Dask.
"""
