"""Copy the course without its solutions: ``python tools/student.py FOLDER``.

What is built from the copy has none either: no page, no zip, no package. Solutions go, the ideas
beneath the exercises, the sentences that lead to what has gone, and the tests of answers. The
tables of exercises know what is right. They are packed, so that nobody reads it by accident;
whoever wants to can unpack them.
"""

import base64
import json
import re
import shutil
import sys
import zlib
from pathlib import Path

ROOT = Path(__file__).parents[1]

NOT_OURS = ("_build", ".*", "my-course", "__pycache__", "*.egg-info")
FOR_TEACHERS = ("solutions.ipynb", "teaching.md", "test_exercises*.py", "equivalent_mutants.py")

LINK = r"\[[^]]*\]\((?:solutions\.ipynb|teaching)\)"
GONE = [
    (r"\n*^````\{solution\}.*?^````$", ""),
    (rf" [^.\n]*{LINK}[^.\n]*\.", ""),  # a sentence
    (rf", {LINK}", ""),  # the second of two links
]
LEFT = re.compile(rf"{LINK}|\{{solution\}}|-\d+-solution\b|`[^`]*/(?:solutions|teaching)`")

PACKED = '''"""{title}

Packed, so that nobody reads by accident what is right.
"""

import base64
import zlib

TABLE = """
{table}"""
exec(compile(zlib.decompress(base64.b64decode(TABLE)), __file__, "exec"))
'''


def main(folder):
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_OURS, *FOR_TEACHERS))
    contents = folder / "_toc.yml"
    lines = contents.read_text(encoding="utf-8").splitlines(keepends=True)
    gone = re.compile("file: .*/(solutions|teaching)$")
    contents.write_text("".join(line for line in lines if not gone.search(line)), "utf-8")
    for page in sorted(folder.glob("book/**/*.md")):
        page.write_text(without_solutions(page.read_text(encoding="utf-8"), page), "utf-8")
    for page in sorted(folder.glob("book/**/*.ipynb")):
        notebook = json.loads(page.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "markdown":
                text = without_solutions("".join(cell["source"]), page)
                cell["source"] = text.splitlines(keepends=True)
        notebook["cells"] = [cell for cell in notebook["cells"] if cell["source"]]
        page.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", "utf-8")
    for table in folder.glob("companion/checks/_exercises_*.py"):
        table.write_text(packed(table.read_text(encoding="utf-8")), "utf-8")


def without_solutions(text, page):
    """The text of a page or of a cell; it ends all if something in it still leads to solutions."""
    for pattern, instead in GONE:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE | re.DOTALL)
    if found := LEFT.search(text):
        sys.exit(f"{page}: {found[0]} leads to the solutions, and stands in no sentence of its own")
    return text


def packed(source):
    """The source of a module that is the same, but that nobody can read."""
    title = source.partition('"""')[2].partition("\n")[0].removesuffix('"""')
    table = base64.encodebytes(zlib.compress(source.encode(), 9)).decode()
    return PACKED.format(title=title, table=table)


if __name__ == "__main__":
    main(*sys.argv[1:])
