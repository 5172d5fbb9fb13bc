"""The page for everybody: names for screen readers, contrast, the keyboard, small screens; and what it may load."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import WAIT_MS, keep_screenshot, until
from playwright.sync_api import Browser, Page
from serving import LiveServer

CONTROLS = {"button", "checkbox", "combobox", "link", "radio", "slider", "textbox", "progressbar", "img"}


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    """With everything there is to be seen: a file that failed, the figures, the wipe, the token."""
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(WAIT_MS)
    tab.goto(server.url)
    until(tab, "document.querySelectorAll('#cards > li').length > 0")
    tab.get_by_label("Wipe", exact=True).check(force=True)
    tab.get_by_label("Watch a stream").check(force=True)
    tab.locator("#upload").set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    until(tab, "document.querySelector('#uploads [role=alert]')")
    tab.evaluate(
        """() => {
            for (const id of ["token-form", "figures"]) document.getElementById(id).hidden = false;
            const row = document.createElement("div");
            row.append(document.createElement("dt"), document.createElement("dd"));
            for (const cell of row.children) cell.textContent = "9";
            document.getElementById("figures").append(row);
        }"""
    )
    yield tab
    tab.close()


def test_every_control_has_a_name(page: Page) -> None:
    tree = page.context.new_cdp_session(page).send("Accessibility.getFullAXTree")["nodes"]
    found = [(role_of(node), node.get("name", {}).get("value", "")) for node in tree if not node["ignored"]]
    controls = [(role, name) for role, name in found if role.lower() in CONTROLS]
    assert len({role for role, _ in controls}) >= 6
    assert [role for role, name in controls if not name.strip()] == []


def role_of(node: dict[str, Any]) -> str:
    role: str = node.get("role", {}).get("value", "")
    return role


def test_the_structure_is_one_of_headings_and_landmarks(page: Page) -> None:
    levels = page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4')].map((heading) => +heading.tagName[1])")
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    identities = page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)")
    assert len(identities) == len(set(identities))
    assert page.evaluate("document.documentElement.lang") == "en"
    assert (
        page.locator("main").count() == page.locator("header").count() == page.locator("nav[aria-label]").count() == 1
    )
    assert page.locator("#live-message[role=status]").count() == 1


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_ground(page: Page, scheme: str, tmp_path: Path) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce")
    texts = page.evaluate(COLOURS)
    assert len(texts) > 100
    weak = {(words, round(ratio, 2)) for words, front, ground in texts if (ratio := contrast(front, ground)) < 4.5}
    assert weak == set()
    keep_screenshot(page, f"everything-{scheme}", tmp_path)


COLOURS = """() => {
    const parse = (colour) => {
        const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
        return [r, g, b, a];
    };
    const over = ([r, g, b, a], ground) => [r, g, b].map((value, i) => a * value + (1 - a) * ground[i]);
    const groundOf = (element) => {
        if (!element) return [255, 255, 255];
        const style = getComputedStyle(element);
        // What lies on a video lies on anything: white is the worst for white text.
        const onVideo = element.matches(".stage figcaption, .figures");
        const below = onVideo ? [255, 255, 255] : groundOf(element.parentElement);
        return over(parse(style.backgroundColor), below);
    };
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const found = [];
    while (walker.nextNode()) {
        const element = walker.currentNode.parentElement, words = walker.currentNode.data.trim();
        if (!words || !element.checkVisibility() || element.closest("option, noscript, :disabled")) continue;
        const ground = groundOf(element);
        found.push([words, over(parse(getComputedStyle(element).color), ground), ground]);
    }
    return found;
}"""
"""Each visible text with its colour and the colour behind it, [r, g, b] of 0 to 255."""


def contrast(front: list[float], ground: list[float]) -> float:
    """The ratio of WCAG 2.2, 1 to 21."""
    first, second = sorted((luminance(front), luminance(ground)))
    return (second + 0.05) / (first + 0.05)


def luminance(colour: list[float]) -> float:
    shares = [value / 255 for value in colour]
    linear = [share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4 for share in shares]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_the_keyboard_reaches_everything_and_shows_where_it_is(page: Page) -> None:
    reached: list[str] = []
    while reached.count(reached[0] if reached else "") < 2:  # once around
        page.keyboard.press("Tab")
        name, outlined = page.evaluate(FOCUSED)
        reached.append(name)
        assert outlined, f"{name} has the focus, and nothing shows it"
        assert len(reached) < 100
    for wanted in ("token", "source", "stream-name", "start", "view", "wipe", "show-figures", "full-screen", "upload"):
        assert wanted in reached


FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return ["between the last and the first", true];
    const drawn = element.matches(".choice input") ? element.nextElementSibling : element;
    const name = element.id || element.name || element.getAttribute("href") || element.textContent;
    return [name, parseFloat(getComputedStyle(drawn).outlineWidth) >= 2];
}"""


@pytest.mark.parametrize("width", [320, 390, 768, 1280])
def test_nothing_runs_out_of_the_screen(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    small = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input:not([type=checkbox]), .choice span, nav a")]
            .filter((element) => element.checkVisibility())
            .map((element) => [element.id || element.textContent, element.getBoundingClientRect()])
            .filter(([, box]) => box.height < 40 || box.width < 24).map(([name]) => name)"""
    )
    assert small == [], "too small for a finger"


def test_motion_is_left_out_for_who_asks(page: Page) -> None:
    page.emulate_media(reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll("*")].map((element) => getComputedStyle(element))
            .filter((style) => style.transitionDuration !== "0s" || style.animationName !== "none").length"""
    )
    assert moving == 0


def test_only_the_server_itself_is_asked_and_no_text_runs_as_code(page: Page, server: LiveServer) -> None:
    asked = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert asked
    assert [name for name in asked if not name.startswith((server.url, "blob:", "data:"))] == []
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (event) => resolve(event.effectiveDirective));
            document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 1" }));
        })"""
    )
    assert blocked.startswith("script-src")
    assert page.evaluate("window.ran") is None


def test_files_of_the_page_are_kept_by_the_browser_and_nothing_else_is_served(server: LiveServer) -> None:
    with server.client() as client:
        first = client.get("/")
        assert "script-src 'self'" in first.headers["Content-Security-Policy"]
        assert "unsafe" not in first.headers["Content-Security-Policy"]
        assert client.get("/", headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
        assert client.get("/page/main.js").headers["Content-Type"].startswith("text/javascript")
        for path in (
            "/page/",
            "/page/none.js",
            "/page/..%2fsettings.py",
            "/page/%2e%2e/settings.py",
            "/page/main.js%00",
        ):
            assert client.get(path).status_code == 404, path
