"""Pictures and clips through the page, and the models' cards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest
from browser import HEIGHT, WAIT_MS, WIDTH, keep_screenshot, until, write_clip
from framelift.engine.model import available_models
from playwright.sync_api import Browser, Page, Route, expect
from serving import LiveServer, served
from waiting import until as until_now

PHRASE = "opensesame"
SHOWS = """(address) => new Promise((resolve) => {
    const picture = new Image();
    picture.onload = () => resolve(true);
    picture.onerror = () => resolve(false);
    picture.src = address;
})"""


@pytest.fixture
def page(browser: Browser, server: LiveServer) -> Iterator[Page]:
    tab = browser.new_page(viewport={"width": 1280, "height": 900})
    tab.set_default_timeout(WAIT_MS)
    expect.set_options(timeout=WAIT_MS)
    tab.goto(server.url)
    yield tab
    tab.close()


def write_picture(path: Path, width: int = 48, height: int = 36) -> Path:
    codes = np.random.default_rng(1).integers(0, 256, (height, width, 3), dtype=np.uint8)
    with av.open(str(path), "w", format="image2") as file:
        stream = file.add_stream("png" if path.suffix == ".png" else "mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = width, height, "rgb24" if path.suffix == ".png" else "yuvj444p"
        file.mux(stream.encode(av.VideoFrame.from_ndarray(codes, "rgb24").reformat(format=stream.pix_fmt)))
        file.mux(stream.encode(None))
    return path


def size_of(path: Path) -> tuple[int, int, int]:
    """(width, height, frames)."""
    with av.open(str(path)) as file:
        frames = list(file.decode(video=0))
    return frames[0].width, frames[0].height, len(frames)


def downloaded(page: Page, folder: Path) -> Path:
    """The newest result, saved as the browser names it."""
    with page.expect_download() as started:
        page.locator("#uploads").get_by_role("link", name="Download").first.click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


@pytest.mark.parametrize("suffix", [".png", ".jpg"])
def test_a_picture_comes_back_larger(page: Page, tmp_path: Path, suffix: str) -> None:
    page.locator("#upload-scale").select_option("3")
    page.locator("#upload").set_input_files(write_picture(tmp_path / f"a b{suffix}"))
    shown = page.locator("#uploads img")
    expect(shown).to_be_visible()
    until(page, "document.querySelector('#uploads img').naturalWidth === 144")
    result = downloaded(page, tmp_path)
    assert result.name == f"a b-x3{suffix}"
    assert size_of(result) == (144, 108, 1)
    keep_screenshot(page, f"picture{suffix}", tmp_path)


def test_a_clip_comes_back_as_a_job(page: Page, tmp_path: Path) -> None:
    page.locator("#upload-model").select_option("tiny-8")
    page.locator("#upload").set_input_files(write_clip(tmp_path / "clip.mp4", frames=12))
    expect(page.locator("#uploads [role=status]")).to_have_text("Done")
    result = downloaded(page, tmp_path)
    assert result.suffix == ".mp4"
    assert size_of(result) == (2 * WIDTH, 2 * HEIGHT, 12)
    keep_screenshot(page, "clip", tmp_path)


def test_a_line_that_is_removed_leaves_nothing_in_memory(page: Page, tmp_path: Path) -> None:
    page.locator("#upload").set_input_files(write_picture(tmp_path / "a.png"))
    until(page, "document.querySelector('#uploads img')?.naturalWidth > 0")
    address = page.locator("#uploads a").get_attribute("href")
    assert page.evaluate(SHOWS, address)
    page.get_by_role("button", name="Remove a.png").click()
    expect(page.locator("#uploads li")).to_have_count(0)
    assert not page.evaluate(SHOWS, address)


def test_many_files_take_turns(page: Page, tmp_path: Path) -> None:
    files = [write_picture(tmp_path / f"{number}.png", 20, 10 + number) for number in range(8)]
    page.locator("#upload").set_input_files(files)
    expect(page.locator("#uploads").get_by_role("link", name="Download")).to_have_count(8)
    heights = page.evaluate("[...document.querySelectorAll('#uploads img')].map((picture) => picture.naturalHeight)")
    assert sorted(heights) == [2 * (10 + number) for number in range(8)]


def test_files_are_dropped_on_the_page(page: Page) -> None:
    page.evaluate(
        """async () => {
            const canvas = new OffscreenCanvas(20, 10);
            canvas.getContext("2d").fillRect(0, 0, 20, 10);
            const data = new DataTransfer();
            data.items.add(new File([await canvas.convertToBlob()], "dropped.png", { type: "image/png" }));
            data.items.add(new File(["no picture"], "words.png", { type: "image/png" }));
            const drop = new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true });
            document.getElementById("drop").dispatchEvent(drop);
        }"""
    )
    until(page, "document.querySelector('#uploads img')?.naturalWidth === 40")
    expect(page.locator("#uploads").get_by_role("alert")).not_to_be_empty()


def test_what_is_no_video_is_told(page: Page, tmp_path: Path) -> None:
    words = tmp_path / "words.mp4"
    words.write_text("no video")
    page.locator("#upload").set_input_files(words)
    alert = page.locator("#uploads").get_by_role("alert")
    expect(alert).not_to_be_empty()
    assert len(alert.locator("p").all()) == 2, "what is wrong, and what to do"


def test_a_job_is_cancelled(page: Page, server: LiveServer, tmp_path: Path) -> None:
    page.locator("#upload-scale").select_option("4")
    with page.expect_response(lambda response: response.url.endswith("/jobs")) as started:
        page.locator("#upload").set_input_files(write_clip(tmp_path / "clip.mp4"))
    location = started.value.headers["location"]
    page.get_by_role("button", name="Cancel clip.mp4").click()
    expect(page.locator("#uploads [role=status]")).to_have_text("Cancelled")
    with server.client() as client:
        until_now(lambda: client.get(location).json().get("state", "cancelled") == "cancelled")


def test_results_are_fetched_with_the_token(browser: Browser, tmp_path: Path) -> None:
    with served(token=PHRASE) as server:
        page = browser.new_page()
        page.goto(f"{server.url}#token={PHRASE}")
        page.locator("#upload").set_input_files(write_clip(tmp_path / "clip.mp4", frames=3))
        expect(page.locator("#uploads [role=status]")).to_have_text("Done")
        assert size_of(downloaded(page, tmp_path)) == (2 * WIDTH, 2 * HEIGHT, 3)
        page.close()


# ---- the models


def test_every_model_has_a_card(page: Page, server: LiveServer, tmp_path: Path) -> None:
    cards = page.locator("#cards > li")
    names = {name.removesuffix("-int8") for name in available_models()}
    expect(cards).to_have_count(len(names))
    assert set(page.locator("#cards h3").all_inner_texts()) == names
    until(page, "document.getElementById('cards').textContent.match(/ms a frame/g)?.length === " + str(len(names)))
    models = {model["name"]: model for model in server.get("/models")}
    card = cards.filter(has=page.get_by_role("heading", name="tiny-16-x2", exact=True))
    scores = models["tiny-16-x2"]["quality"]["Set5"]
    row = card.get_by_role("row", name="Set5").inner_text().split()
    assert row[1:3] == [f"{scores['psnr_y']:.2f}", f"{scores['bicubic_psnr_y']:.2f}"]
    drawn = card.locator("polyline").get_attribute("points")
    assert drawn is not None
    assert len(drawn.split()) == len(models["tiny-16-x2"]["curve"])
    page.set_viewport_size({"width": 390, "height": 844})
    keep_screenshot(page, "phone", tmp_path)


def test_speeds_are_asked_for_until_they_are_there(page: Page, server: LiveServer) -> None:
    cards, asked = server.get("/models"), list[Route]()

    def answer(route: Route) -> None:
        asked.append(route)
        state = "measuring" if len(asked) < 40 else "failed"
        route.fulfill(json=[card | {"speed_state": state} for card in cards])

    page.route("**/models", answer)
    page.clock.install()
    page.reload()
    expect(page.locator("#cards")).to_contain_text("being measured")
    for _ in range(1000):  # an answer may be on its way when the clock is turned on
        if len(asked) == 40:
            break
        page.clock.run_for(30_000)
    expect(page.locator("#cards")).to_contain_text("could not be measured")


def test_what_can_be_chosen_is_what_there_is(page: Page) -> None:
    tiers = ["tiny-16", "tiny-16-live", "tiny-8", "tiny-8-live"]
    for choice, names in (("#model", [*tiers, "bicubic"]), ("#upload-model", tiers)):
        expect(page.locator(f"{choice} option")).to_have_text(names)
        assert page.locator(choice).input_value() == "tiny-16"
