"""Reports for people: Markdown, pages, folders, the command. A browser opens a page in test_html_report.py."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from framelift.benchmarks.pages import contents, markdown
from framelift.benchmarks.pages.folder import write_folder
from framelift.benchmarks.pages.html import page, page_of
from framelift.benchmarks.report import Report, write_report
from framelift.benchmarks.reuse.measure import measure
from framelift.benchmarks.reuse.settings import Settings
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError, OutputError
from sample_plots import content


@pytest.fixture(scope="module")
def report() -> Report:
    """A small one, measured."""
    return measure(
        Settings(("noise:64x48:4f", "static:64x48:4f"), ("tiny-8",), repeat=2), lambda _: None, lambda _: None
    )


@pytest.fixture
def file(report: Report, tmp_path: Path) -> Path:
    write_report(report, tmp_path / "report.json")
    return tmp_path / "report.json"


# Documents


FENCED = """\
# Title

words

## One

```
# no heading
| no | table |
```

| a |
| --- |
| 1 |

| b |
| --- |
| 2 |
"""


def test_headings_go_one_level_down_but_not_what_only_looks_like_them() -> None:
    assert markdown.lowered(FENCED) == FENCED.replace("# Title", "## Title").replace("## One", "### One")


def test_a_section_is_set_in_below_the_head() -> None:
    made = markdown.with_section(FENCED, "## New\n\nits words")
    assert made.startswith("# Title\n\nwords\n\n## New\n\nits words\n\n## One\n")
    assert markdown.with_section("# Title\n\nwords\n", "## New") == "# Title\n\nwords\n\n## New\n"


def test_tables_are_called_by_their_headings() -> None:
    assert markdown.tables(FENCED) == {"one": "| a |\n| --- |\n| 1 |", "one-2": "| b |\n| --- |\n| 2 |"}


def test_parts_follow_their_whole(report: Report) -> None:
    whole = report | {"kind": "all", "parts": [report, report], "refused": {"live": "no aiortc"}, "seconds": {}}
    document = contents.markdown(whole)
    assert re.findall(r"^(#+) ", document, re.MULTILINE)[:1] == ["#"]
    assert document.count("\n## Reuse of what does not change") == 2
    made = contents.contents_of(whole)
    assert [figure.name for each in made for figure in each.figures] == ["reuse", "reuse-2"]
    assert page(whole).count("<svg ") == 2


def test_an_unknown_kind_is_refused(report: Report) -> None:
    with pytest.raises(InputError, match="'sorcery'"):
        contents.markdown(report | {"kind": "sorcery"})


# Pages and folders


def test_nothing_of_a_users_becomes_html() -> None:
    made = page_of([content()])
    assert made.count("<script") == 1
    assert "javascript:" not in re.sub(r">[^<]*<", "><", made)
    assert "<img" not in made
    assert not re.search(r"""(?:src|href)=["'](?!#|data:,)""", made)


def test_the_same_report_gives_the_same_page(report: Report) -> None:
    assert page(report) == page(report)


def links_of(document: str) -> list[str]:
    return re.findall(r"!\[[^]]*\]\(([^)]*)\)", document)


def test_a_folder_has_all_that_its_document_names(report: Report, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    written = write_folder(report, folder)
    assert {path.relative_to(folder).as_posix() for path in written} == {
        *("report.md", "report.html", "plots/reuse.svg", "plots/reuse.png")
    }
    document = (folder / "report.md").read_text()
    assert links_of(document) == ["plots/reuse.svg"]
    assert all((folder / link).is_file() for link in links_of(document))
    before = {path: path.read_bytes() for path in written}
    write_folder(report, folder)
    assert {path: path.read_bytes() for path in written} == before


def test_a_folder_that_is_a_file_is_refused(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="file"):
        write_folder(report, tmp_path / "file")


# The command


def test_without_options_it_prints_markdown(file: Path, report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    assert exit_code_of(["bench", "report", str(file)]) == ExitCode.DONE
    assert capsys.readouterr().out == contents.markdown(report)


def test_it_writes_what_it_is_asked_for(file: Path, report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    html, text = file.with_name("a.html"), file.with_name("a.md")
    assert exit_code_of(["bench", "report", str(file), "--html", str(html), "--markdown", str(text)]) == ExitCode.DONE
    assert html.read_text() == page(report)
    assert text.read_text() == contents.markdown(report)
    assert capsys.readouterr().out == ""


def refused(*arguments: object) -> tuple[int, str]:
    """In a process of its own, where matplotlib is not."""
    code = (
        "import sys; sys.modules['matplotlib'] = None; from framelift.cli.main import exit_code_of\n"
        "sys.exit(exit_code_of(sys.argv[1:]))"
    )
    command = [sys.executable, "-c", code, "bench", "report", *map(str, arguments)]
    environment: Mapping[str, str] = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stderr


def test_without_matplotlib_there_is_markdown_and_a_hint(file: Path) -> None:
    assert refused(file) == (ExitCode.DONE, "")
    code, said = refused(file, "--html", file.with_name("a.html"))
    assert code == ExitCode.USAGE
    assert "framelift[bench]" in said
    assert not file.with_name("a.html").exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.json"], ExitCode.INPUT),
        (["report.json", "--html", "no/such/folder.html"], ExitCode.OUTPUT),
        (["report.json", "--markdown", "."], ExitCode.OUTPUT),
        (["no.json"], ExitCode.INPUT),
    ],
)
def test_bad_input_is_refused(
    file: Path,
    arguments: list[str],
    code: ExitCode,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(file.parent)
    Path("no.json").write_text('{"kind": "reuse"}')
    assert exit_code_of(["bench", "report", *arguments]) == code
    assert "hint: " in capsys.readouterr().err
