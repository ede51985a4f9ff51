"""Shows the code of a function in a chapter, beside the equation that it implements."""

import ast
import inspect
import textwrap


def listing(function):
    """The source of a function without its docstring, for a notebook to display.

    Parameters
    ----------
    function : callable
        A function written in Python.

    Returns
    -------
    IPython.display.Markdown
        A highlighted listing, in the built page and in a live notebook.

    Raises
    ------
    TypeError
        If the function has no Python source.

    Examples
    --------
    >>> from companion.source import listing
    >>> from companion.results import describe
    >>> listing(describe).data.splitlines()[1]
    'def describe(value):'
    """
    from IPython.display import Markdown

    source = textwrap.dedent(inspect.getsource(function))
    definition = ast.parse(source).body[0]
    lines = source.splitlines()
    if ast.get_docstring(definition) is not None:
        docstring = definition.body[0]
        del lines[docstring.lineno - 1 : docstring.end_lineno]
    code = "\n".join(lines)
    return Markdown(f"```python\n{code}\n```")
