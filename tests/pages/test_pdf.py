"""The book on paper: all pages in one, answers at its end, every link within it."""

import re

import pdf
import pytest
from built_site import IN_PAGES, ROOT, SITE


@pytest.fixture(scope="module")
def paper(browser, address):
    """The page that is printed. (`address` skips where there is no built book.)"""
    context = browser.new_context()
    page = context.new_page()
    page.asked = []
    page.on("request", lambda request: page.asked.append(request.url))
    pdf.arrange(page, SITE)
    yield page
    context.close()


def count(paper, selector):
    return paper.locator(selector).count()


def test_it_has_the_pages_in_their_order_and_solutions_at_the_end(paper):
    toc = re.findall(r"(?:root|file): (\S+)", (ROOT / "_toc.yml").read_text(encoding="utf-8"))
    solutions = [place for place in toc if place.endswith("/solutions")]
    printed = paper.evaluate("[...document.querySelectorAll('main > article')].map((a) => a.id)")
    assert printed == [place for place in toc if place not in solutions]
    at_the_end = "[...document.querySelectorAll('#answers > article')].map((a) => a.id)"
    assert paper.evaluate(at_the_end) == solutions
    assert paper.evaluate("document.querySelector('main').lastElementChild.id") == "answers"
    lines = paper.evaluate("[...document.querySelectorAll('nav a')].map((a) => a.hash.slice(1))")
    assert [line.replace("%2F", "/") for line in lines] == toc


def test_every_link_leads_to_one_place_within_it_or_to_another_host(paper):
    lost, doubled, inside, outside = paper.evaluate(
        """() => {
          const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
          const links = [...document.links];
          const inside = links.filter((link) => link.origin === location.origin);
          const aims = inside.map((link) => decodeURIComponent(link.hash.slice(1)));
          const times = (aim) => ids.filter((id) => id === aim).length;
          const counts = new Map([...new Set(aims)].map((aim) => [aim, times(aim)]));
          const such = (test) => [...counts].filter(([, n]) => test(n)).map(([aim]) => aim);
          const rest = links.filter((link) => link.origin !== location.origin);
          return [such((n) => n === 0), such((n) => n > 1), inside.length, rest.length];
        }"""
    )
    assert (lost, doubled) == ([], [])
    assert inside > 2000
    assert 0 < outside < 200
    assert not [url for url in paper.asked if not url.startswith("http://the.book/")]


def test_questions_and_exercises_have_their_answers_at_the_end(paper):
    quizzes, ideas = count(paper, ".quiz"), count(paper, ".exercise")
    answers = count(paper, "#answers > .answer")
    assert quizzes + ideas + 5 == answers == count(paper, "main > article .to-answer")
    assert quizzes > 70
    assert ideas > 70
    assert count(paper, "main > article :is(.solution, .quiz .sd-card-body)") == 0
    assert count(paper, "#answers .solution") == ideas
    right = "main > article .quiz p strong:text-is('Right.')"
    assert count(paper, right) == 0
    assert count(paper, "#answers p > strong:text-is('Right.')") == quizzes
    assert count(paper, "details") == 0


def test_a_slider_is_a_picture_with_its_label_and_value(paper):
    assert count(paper, "input, .slider [display=none]") == 0
    assert count(paper, ".slider") == len(IN_PAGES)
    shown = paper.evaluate(
        """[...document.querySelectorAll(".slider")].map((slider) => {
          const part = (name) => slider.querySelector(name).getBoundingClientRect();
          return [part("label").height, part(".value").width, part("svg").height];
        })"""
    )
    assert all(label > 10 and value > 5 and picture > 50 for label, value, picture in shown)


def test_nothing_is_wider_than_the_paper(paper):
    wide = paper.evaluate(
        """[...document.querySelectorAll("main *")]
          .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
          .map((element) => `${element.closest("article")?.id} ${element.tagName}`)"""
    )
    assert wide == []


def test_a_part_of_it_printed_has_pages_an_outline_and_links(paper, tmp_path):
    paper.evaluate(
        """() => {
          window.whole = document.querySelector("main");
          const part = whole.cloneNode(true);
          for (const all of [":scope > article", "#answers > *"]) {
            for (const element of [...part.querySelectorAll(all)].slice(4)) element.remove();
          }
          whole.replaceWith(part);
        }"""
    )
    file = tmp_path / "part.pdf"
    paper.pdf(path=file, **pdf.PAPER)
    paper.evaluate("document.querySelector('main').replaceWith(whole)")
    content = file.read_bytes()
    assert content.startswith(b"%PDF-")
    assert 10 < len(re.findall(rb"/Type /Page\b", content)) < 30
    assert len(content) < 1e6
    titles = [
        title.decode("utf-8", "replace") for title in re.findall(rb"/Title \((.*?)\)", content)
    ]
    for title in ("Contents", "1. Jacobians", "1.1. All the slopes at once", "Answers"):
        assert title in titles
    assert len(re.findall(rb"/Subtype /Link", content)) > 10
