"""Reference implementations for *Gradient-Based Optimization: a course you can run*.

One module for each idea of the course, in plain numpy. Nothing is re-exported here, so that every
chapter says where a name comes from: ``from companion.taylor import analyze_step``.
"""

__version__ = "0.1.0"
