"""Amends to the pages that autodoc and viewcode make from the docstrings."""

import re
from enum import Enum


def setup(app):
    app.connect("autodoc-process-signature", drop_enum_signature)
    app.connect("autodoc-skip-member", keep_enum_members)
    app.connect("autodoc-process-docstring", link_equations)
    app.connect("env-updated", lead_listings_home)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def drop_enum_signature(app, what, name, thing, options, signature, returns):
    """Show an enumeration without the signature of Python's machinery behind it."""
    if isinstance(thing, type) and issubclass(thing, Enum):
        return "", None


def keep_enum_members(app, what, name, thing, skip, options):
    """Show the members of an enumeration, whose values say what they mean."""
    return False if isinstance(thing, Enum) else None


def link_equations(app, what, name, thing, options, lines):
    """Let "(eq:hessian)" in a docstring lead to that equation in its chapter."""
    lines[:] = [re.sub(r"\((eq:[\w-]+)\)", r":eq:`\1`", line) for line in lines]


def lead_listings_home(app, env):
    """Let [docs] in a module's listing lead to that module's page.

    Where a second module passes a name on, viewcode mixes up the page of one and the anchor of the
    other.
    """
    listed = getattr(env, "_viewcode_modules", {})
    for module, entry in listed.items():
        if entry:
            code, tags, names, _ = entry
            page = module.replace("companion.", "book/reference/")
            listed[module] = code, tags, dict.fromkeys(names, page), module
