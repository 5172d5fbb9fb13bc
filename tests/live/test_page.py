"""The page in a browser, through a real server: a camera goes out, comes back larger, and the page shows it all."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from browser import (
    ALLOWED,
    FAKE_CAMERA,
    NUMBERS,
    WAIT_MS,
    camera_of,
    chromium,
    keep_screenshot,
    shown_numbers,
    until,
    write_clip,
    write_y4m,
)
from playwright.sync_api import Browser, Page, Playwright, expect
from serving import LiveServer, served, wait_until

PHRASE = "opensesame"
ENHANCED = "document.getElementById('enhanced')"


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_y4m(tmp_path_factory.mktemp("camera") / "camera.y4m")


@pytest.fixture(scope="module")
def browser(playwright: Playwright, camera: Path) -> Iterator[Browser]:
    with chromium(playwright, *camera_of(camera)) as running:
        yield running


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    """The page, just opened; nothing it does may be an error to the browser, and it leaves no session behind."""
    yield from opened(browser, server)


def opened(browser: Browser, server: LiveServer, fragment: str = "") -> Iterator[Page]:
    tab = browser.new_context(viewport={"width": 1280, "height": 900}, reduced_motion="reduce").new_page()
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    faults: list[str] = []
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto(server.url + fragment)
    yield tab
    tab.context.close()
    assert faults == []
    wait_until(lambda: not sessions_of(server))


def sessions_of(server: LiveServer) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.get("/sessions")
    return found


def start(page: Page) -> None:
    """Press Start and wait for the enhanced picture."""
    page.get_by_role("button", name="Start").click()
    until(page, f"{ENHANCED}.videoWidth > 0")


def figure(page: Page, name: str) -> str:
    """What the overlay says, once it does."""
    row = page.locator("#figures div", has=page.get_by_text(name, exact=True))
    return row.locator("dd").inner_text()


def running_ahead(numbers: list[int | None]) -> int:
    """How many steps go on to a later frame, at most a third of a turn; the camera shows its file over and over."""
    steps = [(b - a) % len(NUMBERS) for a, b in pairwise(numbers) if a is not None and b is not None]
    return sum(0 < step <= len(NUMBERS) // 3 for step in steps)


# ---- live


def test_the_camera_comes_back_twice_as_large(page: Page, server: LiveServer, tmp_path: Path) -> None:
    start(page)
    until(page, f"{ENHANCED}.videoWidth === 1280 && {ENHANCED}.videoHeight === 720")
    numbers = shown_numbers(page, "#enhanced", 40)
    assert set(numbers) - {None} <= set(NUMBERS)
    assert running_ahead(numbers) >= 30, numbers
    expect(page.locator("#live-message")).to_have_text("Live.")
    assert page.locator("#enhanced-size").inner_text() == "1280x720"
    (session,) = sessions_of(server)
    assert (session["settings"]["model"], session["settings"]["scale"]) == ("tiny-16", 2)
    keep_screenshot(page, "side-by-side", tmp_path)
    page.get_by_role("button", name="Stop").click()
    wait_until(lambda: not sessions_of(server))
    assert page.evaluate("document.getElementById('original').srcObject") is None


def test_a_browser_that_refuses_a_wish_of_the_sender_goes_on(page: Page) -> None:
    page.evaluate("() => { RTCRtpSender.prototype.setParameters = () => Promise.reject(new TypeError('not here')); }")
    start(page)
    expect(page.locator("#live-message")).to_have_text("Live.")


def test_the_overlay_has_the_figures(page: Page, tmp_path: Path) -> None:
    start(page)
    until(page, f"{ENHANCED}.videoWidth === 1280")
    until(page, "document.getElementById('figures').textContent.includes('Received here')")
    until(page, "/[1-9].* in, [1-9]/.test(document.getElementById('figures').textContent)")
    p50, p95 = map(float, figure(page, "Added latency, p50 / p95").removesuffix(" ms").split(" / "))
    assert 0 < p50 <= p95
    assert figure(page, "Size") == "640x360 → 1280x720"
    assert figure(page, "Dropped").isdigit()
    assert figure(page, "Model")
    assert figure(page, "Backend")
    keep_screenshot(page, "figures", tmp_path)
    page.get_by_label("Figures", exact=True).uncheck()
    expect(page.locator("#figures")).to_be_hidden()


def test_model_and_scale_change_while_it_runs(page: Page, server: LiveServer) -> None:
    start(page)
    until(page, f"{ENHANCED}.videoWidth === 1280")
    page.locator("#model").select_option("bicubic")
    page.locator("#scale").select_option("3")
    page.locator("#bitrate").select_option("8000000")
    until(page, f"{ENHANCED}.videoWidth === 1920")
    (session,) = wait_until(lambda: [s for s in sessions_of(server) if s["settings"]["bitrate"] == 8_000_000])
    assert (session["settings"]["model"], session["settings"]["scale"]) == ("bicubic", 3)
    until(page, "document.getElementById('figures').textContent.includes('bicubic')")
    assert running_ahead(shown_numbers(page, "#enhanced", 30)) >= 15


def test_the_wipe_goes_by_keyboard_and_pointer(page: Page, tmp_path: Path) -> None:
    start(page)
    page.get_by_label("Wipe", exact=True).check(force=True)
    slider = page.get_by_role("slider", name="Wipe, original to enhanced")
    slider.focus()
    assert wipe_of(page) == 50
    page.keyboard.press("ArrowRight")
    assert (wipe_of(page), slider.get_attribute("aria-valuetext")) == (51, "51 % original, 49 % enhanced")
    page.keyboard.press("Home")
    assert wipe_of(page) == 0
    page.keyboard.press("End")
    assert wipe_of(page) == 100
    box = page.locator("#stage").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 3, box["y"] + box["height"] - 60)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] / 4, box["y"] + box["height"] - 40)
    page.mouse.up()
    assert wipe_of(page) == 25
    assert slider.input_value() == "25"
    first, second = page.evaluate(BOXES)
    assert first == second, "both pictures lie over each other, point for point"
    keep_screenshot(page, "wipe", tmp_path)


BOXES = """["original", "enhanced"].map((id) => {
    const { x, y, width, height } = document.getElementById(id).getBoundingClientRect();
    return { x, y, width, height };
})"""


def wipe_of(page: Page) -> int:
    """Percent of the enhanced picture that is cut off at the left, as the browser draws it."""
    path = page.locator(".enhanced").evaluate("pane => getComputedStyle(pane).clipPath")
    found = re.fullmatch(r"inset\(0px 0px 0px (\d+)(?:%|px)\)", path)
    assert found, path
    return int(found[1])


def test_side_by_side_both_are_the_same_size(page: Page) -> None:
    start(page)
    first, second = page.evaluate(BOXES)
    assert (first["y"], first["width"], first["height"]) == (second["y"], second["width"], second["height"])
    assert first["x"] + first["width"] < second["x"]


def test_a_video_file_is_a_source(page: Page, tmp_path: Path) -> None:
    page.get_by_label("Video file", exact=True).first.check(force=True)
    page.locator("#height").select_option("180")
    page.locator("#file").set_input_files(write_clip(tmp_path / "clip.webm"))
    start(page)
    until(page, f"{ENHANCED}.videoWidth === 640 && {ENHANCED}.videoHeight === 360")
    numbers = shown_numbers(page, "#enhanced", 30)
    assert set(numbers) - {None} <= set(NUMBERS)
    assert running_ahead(numbers) >= 15, numbers


def test_the_screen_is_a_source(page: Page) -> None:
    page.get_by_label("Screen").check(force=True)
    start(page)
    until(page, "document.getElementById('original').videoHeight <= 360")
    until(page, f"{ENHANCED}.videoHeight === 2 * document.getElementById('original').videoHeight")


def test_what_the_server_ends_is_told(page: Page, server: LiveServer) -> None:
    start(page)
    with server.client() as client:
        (session,) = sessions_of(server)
        client.delete(f"/sessions/{session['id']}").raise_for_status()
    expect(page.locator("#live-message")).to_contain_text("The server has ended the session.")
    expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_leaving_the_page_ends_the_session(page: Page, server: LiveServer) -> None:
    start(page)
    assert len(sessions_of(server)) == 1
    page.goto("about:blank")
    wait_until(lambda: not sessions_of(server))


def test_a_stream_is_watched(browser: Browser, page: Page, server: LiveServer, tmp_path: Path) -> None:
    location = page.evaluate(
        """async (name) => {
            const stream = await navigator.mediaDevices.getUserMedia({ video: { width: 640, height: 360 } });
            const peer = (window.peer = new RTCPeerConnection());
            peer.addTransceiver(stream.getVideoTracks()[0], { direction: "sendonly" });
            await peer.setLocalDescription();
            while (peer.iceGatheringState !== "complete") await new Promise((resolve) => setTimeout(resolve, 10));
            const headers = { "Content-Type": "application/sdp" };
            const body = peer.localDescription.sdp;
            const answer = await fetch(`/whip/${name}`, { method: "POST", headers, body });
            await peer.setRemoteDescription({ type: "answer", sdp: await answer.text() });
            return answer.headers.get("Location");
        }""",
        "studio",
    )
    for viewer in opened_beside(browser, server, "#watch=studio"):
        until(viewer, f"{ENHANCED}.videoWidth === 1280")
        assert running_ahead(shown_numbers(viewer, "#enhanced", 30)) >= 15
        expect(viewer.locator("#original")).to_be_hidden()
        until(viewer, "document.getElementById('figures').textContent.includes('Added latency')")
        keep_screenshot(viewer, "watching", tmp_path)
    with server.client() as client:
        client.delete(location).raise_for_status()


def opened_beside(browser: Browser, server: LiveServer, fragment: str) -> Iterator[Page]:
    """Another tab; other sessions may run."""
    tab = browser.new_page()
    expect.set_options(timeout=WAIT_MS)
    tab.goto(server.url + fragment)
    yield tab
    tab.close()


# ---- what can go wrong


def test_a_stream_that_nobody_sends_is_told(browser: Browser, server: LiveServer) -> None:
    for page in opened_beside(browser, server, "#watch=nobody"):
        expect(page.locator("#live-message")).to_contain_text("nobody")
        expect(page.get_by_role("button", name="Start")).to_be_visible()


def test_a_full_server_is_told(browser: Browser, tmp_path: Path) -> None:
    with served("--max-sessions", "1") as server:
        for first in opened(browser, server):
            start(first)
            for second in opened_beside(browser, server, ""):
                second.get_by_role("button", name="Start").click()
                message = second.locator("#live-message")
                expect(message).to_have_class("message problem")
                expect(message).to_contain_text(re.compile(r"try again in \d+ seconds"))
                expect(second.get_by_role("button", name="Start")).to_be_visible()
                keep_screenshot(second, "full", tmp_path)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ((FAKE_CAMERA,), "The camera was refused."),  # headless: the question is answered with no
        ((ALLOWED,), "There is no camera."),
    ],
)
def test_a_camera_that_cannot_be_had_is_told(
    playwright: Playwright, server: LiveServer, tmp_path: Path, flags: tuple[str, ...], words: str
) -> None:
    with chromium(playwright, *flags) as running:
        for page in opened(running, server):
            page.get_by_role("button", name="Start").click()
            expect(page.locator("#live-message")).to_contain_text(words)
            expect(page.get_by_role("button", name="Start")).to_be_focused()
            keep_screenshot(page, words.rstrip("."), tmp_path)


def test_an_insecure_page_says_why_there_is_no_camera(playwright: Playwright, camera: Path) -> None:
    elsewhere = "--host-resolver-rules=MAP framelift.example 127.0.0.1"
    with served(token=PHRASE) as server, chromium(playwright, *camera_of(camera), elsewhere) as running:
        page = running.new_page()
        page.goto(server.url.replace("127.0.0.1", "framelift.example") + f"#token={PHRASE}")
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#live-message")).to_contain_text("https")


def test_a_server_that_is_gone_is_told(browser: Browser) -> None:
    with served() as server:
        page = browser.new_page()
        page.goto(server.url)
        until(page, "document.querySelectorAll('#cards > li').length > 0")
        server.stop()
        page.get_by_role("button", name="Start").click()
        expect(page.locator("#live-message")).to_contain_text("The server does not answer.")
        page.close()


# ---- the token


def test_the_token_is_asked_for_and_kept(browser: Browser) -> None:
    with served(token=PHRASE) as server:
        page = browser.new_page()
        page.goto(server.url)
        field = page.get_by_label("Token")
        expect(field).to_be_focused()
        field.fill("wrong")
        page.keyboard.press("Enter")
        expect(page.locator("#models-message")).to_contain_text("token")
        expect(field).to_be_visible()
        field.fill(PHRASE)
        page.keyboard.press("Enter")
        until(page, "document.querySelectorAll('#cards > li').length > 0")
        expect(field).to_be_hidden()
        start(page)
        page.reload()
        until(page, "document.querySelectorAll('#cards > li').length > 0")
        page.context.close()
        wait_until(lambda: not sessions_of(server))


def test_the_token_of_the_address_is_used_and_taken_out(browser: Browser) -> None:
    with served(token=PHRASE) as server:
        page = browser.new_page()
        page.goto(f"{server.url}#token={PHRASE}")
        until(page, "document.querySelectorAll('#cards > li').length > 0")
        assert PHRASE not in page.url
        expect(page.get_by_label("Token")).to_be_hidden()
        page.close()
