"""A site whose address is known says what search engines and previews of links ask for."""

import re
from xml.etree import ElementTree

import published
import pytest
from built_site import ROOT
from sphinx.application import Sphinx

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def build(tmp_path, monkeypatch):
    """build(address): a site of two pages, in the theme and template of the book."""

    def build(address):
        pages = tmp_path / "pages"
        page, _ = published.PICTURE
        pages.joinpath(page).parent.mkdir(parents=True)
        pages.joinpath(f"{page}.ipynb").symlink_to(ROOT / f"{page}.ipynb")
        pages.joinpath("index.md").write_text("# One & $two$\n\n```{toctree}\nother\n```\n")
        pages.joinpath("other.md").write_text("# Other\n")
        settings = {
            "extensions": ["myst_parser", "published"],
            "myst_enable_extensions": ["dollarmath"],
            "html_theme": "sphinx_book_theme",
            "templates_path": [str(ROOT / "book/templates")],
            "html_context": {"description": 'It is "short".'},
        } | ({"html_baseurl": address} if address else {})
        site = tmp_path / "site"
        app = Sphinx(pages, None, site, tmp_path / "trees", "html", settings, status=None)
        app.build()
        return site

    return build


@pytest.mark.parametrize("address", ["https://example.org/course", "https://example.org/course/"])
def test_a_site_with_an_address(build, address):
    site = build(address)
    urls = ElementTree.parse(site / "sitemap.xml").getroot()
    assert [url[0].text for url in urls] == [
        "https://example.org/course/index.html",
        "https://example.org/course/other.html",
    ]
    page = (site / "index.html").read_text(encoding="utf-8")
    said = dict(re.findall(r'<meta property="og:(\w+)" content="([^"]*)"', page))
    assert said["url"] == "https://example.org/course/index.html"
    assert said["description"] == "It is &#34;short&#34;."
    assert said["title"].startswith("One &amp; ")
    assert "&lt;" not in said["title"]
    assert said["image"].startswith("https://example.org/course/")
    file = site / said["image"].removeprefix("https://example.org/course/")
    assert file.read_bytes().startswith(PNG)


def test_a_site_without_one(build):
    site = build(None)
    assert not (site / "sitemap.xml").exists()
    assert "og:" not in (site / "index.html").read_text(encoding="utf-8")
