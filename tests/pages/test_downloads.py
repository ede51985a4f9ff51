"""What a page's download button gives is the notebook in plain Markdown, with nothing lost."""

import os
import re
from collections import Counter

import pytest
from bs4 import BeautifulSoup
from built_site import ROOT, SITE
from markdown_it import MarkdownIt
from solutions import cells

NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "book").rglob("*.ipynb"))
MATH = re.compile(r"\$\$.*?\$\$|\$[^$]+\$", re.DOTALL)
each_notebook = pytest.mark.parametrize("name", NOTEBOOKS)


def prose(path):
    return [cell["source"] for cell in cells(path, "markdown")]


def download(name):
    return SITE / "_sources" / name


def words(html):
    page = BeautifulSoup(html, "html.parser")
    for code in page.select("pre"):  # of which each word may have a colour
        code.string = code.get_text()
    return Counter(re.findall(r"\w[\w.]*\w|\w", page.get_text(" ")))


@each_notebook
def test_its_code_and_what_that_gave_are_those_of_the_repository(name):
    alone, *others = cells(download(name))
    assert alone["id"] == "alone"
    assert others == cells(ROOT / name)
    assert len(prose(download(name))) == len(prose(ROOT / name))


@each_notebook
def test_it_is_plain_markdown(name):
    for text in prose(download(name)):
        assert text.strip()
        text = re.sub(r"(`+).+?\1", "", MATH.sub("", text))
        assert not re.search(r"\{[\w:]+\}`|^\s*(:::|`{3,}\{)|^\(\S+\)=$|^:\w+:", text, re.MULTILINE)


@each_notebook
def test_it_says_what_the_page_says(name):
    page = BeautifulSoup((SITE / name).with_suffix(".html").read_text("utf-8"), "html.parser")
    article = page.select_one("article")
    numbers = [number.get_text() for number in article.select(".eqno")]
    left_out = ".cell, .run, .math, math, .headerlink, .section-number, .toctree-wrapper, svg"
    for part in article.select(left_out):
        part.decompose()
    text = "\n\n".join(prose(download(name)))
    assert re.findall(r"\\tag\{(\S+)\}", text) == [n.strip("()#¶ ") for n in numbers]
    theirs = MarkdownIt("commonmark", {"html": True}).enable("table").render(MATH.sub("", text))
    said, there = words(str(article)), words(theirs)
    assert said == there, (said - there, there - said)


@each_notebook
def test_what_is_folded_in_the_page_is_folded(name):
    folds = re.compile(r"^\s*(?::{3,}|`{3,})\s*\{(?:dropdown|solution)\}", re.MULTILINE)
    expected = sum(len(folds.findall(text)) for text in prose(ROOT / name))
    text = "".join(prose(download(name)))
    assert text.count("<details>") == text.count("</details>") == expected


@each_notebook
def test_its_links_lead_to_other_notebooks(name):
    for text in prose(download(name)):
        for target in re.findall(r"(?<!\\)\]\(([^)\s]+)\)", MATH.sub("", text)):
            if not target.startswith("http"):
                assert target.endswith(".ipynb")
                assert os.path.normpath(download(name).parent / target) in map(
                    str, map(download, NOTEBOOKS)
                )
