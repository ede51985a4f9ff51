"""What is left of a style sheet: the rules that some page can match."""

import importlib
from pathlib import Path

import pytest


@pytest.fixture
def needed(monkeypatch):
    monkeypatch.syspath_prepend(Path(__file__).parents[2] / "book/_ext")
    return importlib.import_module("styles").needed


@pytest.mark.parametrize(
    ("css", "left"),
    [
        ("p { color: red }", "p{color: red;}"),
        (".here { color: red; top: 0 }", ".here{color: red;top: 0;}"),
        (".gone { color: red } p { top: 0 }", "p{top: 0;}"),
        (".gone, .here { top: 0 }", ".here{top: 0;}"),
        (".here .gone, .here.gone { top: 0 }", ""),
        ("@media print { .gone { top: 0 } }", ""),
        ("@media print { .gone { top: 0 } .here { top: 0 } }", "@media print{.here{top: 0;}}"),
        (".here:not(.gone) { top: 0 }", ".here:not(.gone){top: 0;}"),
        (":is(.gone, .here):hover { top: 0 }", ":is(.gone, .here):hover{top: 0;}"),
        (".here:not(:is(.gone, a)) { top: 0 }", ".here:not(:is(.gone, a)){top: 0;}"),
        (":is(a, :not(b)), .gone { top: 0 }", ":is(a, :not(b)){top: 0;}"),
        ('[href$=".gone"] { top: 0 }', '[href$=".gone"]{top: 0;}'),
        (r".w\:1 { top: 0 }", r".w\:1{top: 0;}"),
        (r".w\:2 { top: 0 }", ""),
        ("/* .a { } */ p { top: 0 }", "p{top: 0;}"),
        ('p { content: "};{" }', 'p{content: "};{";}'),
        ("p { mask: url('data:a;b,{}') }", "p{mask: url('data:a;b,{}');}"),
        ("@font-face { src: url(a) }", "@font-face{src: url(a);}"),
        ("@keyframes k { from { top: 0 } }", "@keyframes k{from{top: 0;}}"),
        ("@charset 'utf-8'; p { top: 0 }", "@charset 'utf-8';p{top: 0;}"),
    ],
)
def test_rules_that_nothing_matches_go(needed, css, left):
    assert needed(css, {"here", "w:1"}) == left
