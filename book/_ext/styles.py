"""One style sheet of many, with the rules alone that some page can match."""

import re

TOKEN = re.compile(r""""(?:\\.|[^"])*"|'(?:\\.|[^'])*'|[{};]|[^"'{};]+""", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
IN_BRACKETS = re.compile(r"\[[^]]*\]|:[\w-]+\([^()]*\)")
CLASS = re.compile(r"\.((?:[\w-]|\\.)+)")


def needed(css, classes):
    """The rules of a sheet that elements with these classes, or with none, can match."""
    return write(keep(read(iter(TOKEN.findall(COMMENT.sub("", css)))), classes))


def read(tokens):
    """What stands in a block: texts, and pairs of what stands before a block and in it."""
    found, text = [], ""
    for token in tokens:
        if token == "{":
            found.append((text.strip(), read(tokens)))
        elif token in ("}", ";"):
            found.append(text.strip())
        else:
            text += token
            continue
        text = ""
        if token == "}":
            break
    return [part for part in [*found, text.strip()] if part]


def write(block):
    return "".join(
        f"{part};" if isinstance(part, str) else f"{part[0]}{{{write(part[1])}}}" for part in block
    )


def keep(block, classes):
    """A block without the rules that nothing matches, and without what is empty then."""
    kept = []
    for part in block:
        if isinstance(part, str) or part[0].startswith(("@font-face", "@keyframes")):
            kept.append(part)
        elif part[0].startswith("@"):
            kept.append((part[0], keep(part[1], classes)))
        else:
            can = [one for one in selectors(part[0]) if classes_of(one) <= classes]
            kept.append((",".join(can), part[1] if can else []))
    return [part for part in kept if isinstance(part, str) or part[1]]


def selectors(text):
    """The parts between the commas that stand in no brackets."""
    found, depth = [""], 0
    for sign in text:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and not depth:
            found.append("")
        else:
            found[-1] += sign
    return [selector.strip() for selector in found]


def classes_of(selector):
    """The classes that elements must have to match; `:is(…)` and the like ask for none."""
    found = 1
    while found:
        selector, found = IN_BRACKETS.subn("", selector)
    return {name.replace("\\", "") for name in CLASS.findall(selector)}
