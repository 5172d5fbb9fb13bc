"""The page of a report in a real browser: it shows all there is, asks nobody for anything, and can be read anywhere."""

from __future__ import annotations

import itertools
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from framelift.benchmarks.pages.html import page as page_of_report
from framelift.benchmarks.pages.html import page_of
from framelift.benchmarks.reuse.measure import measure
from framelift.benchmarks.reuse.settings import Settings
from sample_plots import FIGURES, HOSTILE, content

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser: pip install playwright")
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright  # noqa: E402  after its check

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        pytest.skip("there is no Chromium here: install the system's package `chromium`")
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield running
        running.close()


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page with every kind of plot, and names that mean ill."""
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(page_of([content()]), encoding="utf-8")
    return path


@pytest.fixture
def page(browser: Browser, file: Path) -> Iterator[Page]:
    yield from opened(browser, file)


def opened(browser: Browser, file: Path, width: int = 1280, scheme: str = "light") -> Iterator[Page]:
    """Nothing in it may be an error to the browser, and it may ask for nothing but itself."""
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        reduced_motion="reduce",
    )
    tab, faults, asked = context.new_page(), list[str](), list[str]()

    def hear(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            faults.append(message.text)

    def note(request: Request) -> None:
        asked.append(request.url)

    tab.on("console", hear)
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.on("request", note)
    tab.on("dialog", lambda dialog: faults.append(f"a dialog: {dialog.message}"))
    tab.goto(file.as_uri())
    yield tab
    keep_screenshot(tab, f"report-{scheme}-{width}")
    context.close()
    assert faults == []
    assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]


def keep_screenshot(tab: Page, name: str) -> None:
    """In FRAMELIFT_ARTEFACTS, where that is set."""
    if folder := os.environ.get("FRAMELIFT_ARTEFACTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        tab.screenshot(path=Path(folder) / f"{name}.png", full_page=True)


def test_every_plot_is_seen_with_its_texts(page: Page) -> None:
    plots = page.locator("figure svg")
    assert plots.count() == len(FIGURES)
    for plot, figure in zip(plots.all(), FIGURES, strict=True):
        box = plot.bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) > 100
        assert figure.title in plot.locator("text").all_text_contents()
        assert plot.get_attribute("aria-label") == f"{figure.title}. {figure.caption}"
        texts = plot.locator("text").all()
        assert all((seen := text.bounding_box()) and min(seen["width"], seen["height"]) > 2 for text in texts)
        assert inside(plot.bounding_box(), [text.bounding_box() for text in texts])


def inside(outer: object, inner: list[object]) -> bool:
    """Bounding boxes, as playwright gives them."""

    def ends(box: object) -> tuple[float, float, float, float]:
        assert isinstance(box, dict)
        return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]

    left, top, right, bottom = ends(outer)
    return all(left <= x0 and top <= y0 and x1 <= right + 1 and y1 <= bottom + 1 for x0, y0, x1, y1 in map(ends, inner))


def test_labels_of_points_do_not_cover_each_other(page: Page) -> None:
    """As the browser draws them, in its own font."""
    boxes = [
        box for text in page.locator("[id^='front-series-'][id*='.label-'] text").all() if (box := text.bounding_box())
    ]
    assert len(boxes) == 5
    for one, other in itertools.combinations(boxes, 2):
        across = one["x"] < other["x"] + other["width"] and other["x"] < one["x"] + one["width"]
        along = one["y"] + 2 < other["y"] + other["height"] and other["y"] + 2 < one["y"] + one["height"]
        assert not (across and along)


def test_tables_have_all_rows_names_and_headers(page: Page) -> None:
    table = page.locator("table").first
    assert table.locator("tbody tr").count() == 4
    assert table.locator("thead th[scope=col]").count() == 3
    assert table.locator("tbody th[scope=row]").all_text_contents()[1] == "b <script>alert(2)</script>"
    assert page.locator("caption").all_text_contents() == ["Speed", "Speed"]
    assert page.locator("td.good").all_text_contents() == ["met"]
    assert page.locator("td.bad").all_text_contents() == ["missed"]


def test_tables_can_be_sorted_by_numbers_and_words(page: Page) -> None:
    table = page.locator("table").first
    names = table.locator("tbody th")

    def first_letters() -> list[str]:
        return [text[0] for text in names.all_text_contents()]

    number, word = table.get_by_role("button", name="ms"), table.get_by_role("button", name="case")
    number.click()
    assert first_letters() == ["b", "a", "c", "d"]  # 9.5, 12.5, 1,200, and words last
    assert table.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"
    number.click()
    assert first_letters() == ["c", "a", "b", "d"]
    word.click()
    assert first_letters() == ["a", "b", "c", "d"]
    word.press("Enter")
    assert first_letters() == ["d", "c", "b", "a"]
    assert table.locator("th[aria-sort]").count() == 1


def test_a_series_is_brought_out_under_the_pointer(page: Page) -> None:
    plot = page.locator("figure svg").first
    plot.get_by_text("tiny-8", exact=True).hover()
    dimmed = plot.locator(".dimmed").evaluate_all("all => all.map((each) => each.id)")
    assert dimmed
    assert not any("-series-0." in each for each in dimmed)
    page.locator("h1").hover()
    assert plot.locator(".dimmed").count() == 0


def test_contents_lead_to_all_headings(page: Page) -> None:
    links = page.get_by_role("navigation").get_by_role("link")
    assert links.all_text_contents() == ["Plots", "Speed", "Speed"]
    targets = [str(link.get_attribute("href")) for link in links.all()]
    assert len(set(targets)) == 3
    assert all(page.locator(target).count() == 1 for target in targets)


def test_it_is_whole_without_scripts(browser: Browser, file: Path) -> None:
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(file.as_uri())
    assert tab.locator("figure svg").count() == len(FIGURES)
    assert tab.get_by_role("navigation").get_by_role("link").count() == 3
    assert tab.locator("table").first.locator("tbody tr").count() == 4
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1600])
def test_it_fits_any_screen(width: int, scheme: str, browser: Browser, file: Path) -> None:
    for tab in opened(browser, file, width, scheme):
        assert tab.evaluate("document.documentElement.scrollWidth") <= width
        for part in tab.locator("h1, h2, p, figcaption").all():
            box = part.bounding_box()
            assert box is not None
            assert box["x"] + box["width"] <= width


CONTRASTS = """elements => {
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const rgb = (colour) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = (colour) => {
    const [r, g, b] = colour.map((v) => v / 255).map((v) => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
    return .2126 * r + .7152 * g + .0722 * b;
  };
  const behind = (element) => {
    const colour = rgb(getComputedStyle(element).backgroundColor);
    return colour[3] === 255 ? colour : behind(element.parentElement);
  };
  return elements.map((element) => {
    const style = getComputedStyle(element), inSvg = element instanceof SVGElement;
    const text = rgb(inSvg ? style.fill : style.color);
    const back = inSvg ? rgb(getComputedStyle(document.documentElement).getPropertyValue("--panel")) : behind(element);
    const [low, high] = [light(text), light(back)].sort((a, b) => a - b);
    return [element.textContent, (high + .05) / (low + .05)];
  });
}"""
"""By WCAG 2.2, of each element's text and what lies behind it."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(scheme: str, browser: Browser, file: Path) -> None:
    words = "h1, h2, p, li, th, td, figcaption, code, .noise, nav a, svg text:not([id*='.value-'] *)"
    for tab in opened(browser, file, 1280, scheme):
        contrasts = tab.locator(words).evaluate_all(CONTRASTS)
        assert len(contrasts) > 50
        assert [(text, contrast) for text, contrast in contrasts if contrast < 4.5] == []
        background = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (sum(map(int, re.findall(r"\d+", background))) < 200) == (scheme == "dark")


def test_a_measured_report_is_shown(browser: Browser, tmp_path: Path) -> None:
    settings = Settings(("noise:64x48:4f", "static:64x48:4f"), ("tiny-8",), repeat=2)
    report = measure(settings, lambda _: None, lambda _: None)
    (tmp_path / "report.html").write_text(page_of_report(report), encoding="utf-8")
    for tab in opened(browser, tmp_path / "report.html"):
        assert tab.locator("tbody tr").count() == len(report["rows"])
        assert tab.locator("figure svg").count() == 1
        assert tab.locator(".verdicts li").first.text_content() == "complete"
        assert report["command"] in tab.locator(".facts").inner_text()


def test_ill_meant_names_are_words(page: Page) -> None:
    """A dialog or a script of theirs would be a fault."""
    assert page.locator("script").count() == 1
    assert HOSTILE.split()[0][:20] in page.locator("figure svg").first.inner_html().replace("&lt;", "<").replace(
        "&gt;", ">"
    )
