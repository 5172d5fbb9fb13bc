"""README's tables come from reports: what the markers say, what is wrong with them, and that ours are kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from framelift.benchmarks.pages.contents import markdown, readme_tables
from framelift.benchmarks.pages.readme import filled, is_current
from framelift.benchmarks.report import Report, read_report, write_report
from framelift.benchmarks.reuse.measure import measure
from framelift.benchmarks.reuse.settings import Settings
from framelift.cli.main import exit_code_of
from framelift.engine.errors import ExitCode, InputError

NAME = "reuse-of-what-does-not-change-measured"
BEGIN, END = f"<!-- table: {NAME} from reports/a b.json -->", "<!-- end -->"


@pytest.fixture(scope="module")
def report() -> Report:
    return measure(Settings(("static:64x48:4f",), ("tiny-8",), repeat=2), lambda _: None, lambda _: None)


@pytest.fixture
def readme(report: Report, tmp_path: Path) -> Path:
    """A document with a table that is not filled in yet, beside a report."""
    (tmp_path / "reports").mkdir()
    write_report(report, tmp_path / "reports" / "a b.json")
    return write(tmp_path / "README.md", "# Title", "", BEGIN, END, "", "The end, without a newline")


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines))
    return path


def test_a_table_is_taken_from_its_report(readme: Path, report: Report) -> None:
    table = readme_tables(report)[NAME]
    assert table in markdown(report)
    assert table.startswith("| clip, model |")
    assert filled(readme) == f"# Title\n\n{BEGIN}\n\n{table}\n\n{END}\n\nThe end, without a newline"


def test_what_is_filled_stays_as_it_is(readme: Path) -> None:
    assert not is_current(readme)
    write(readme, filled(readme))
    assert is_current(readme)


def test_the_command_writes_and_checks(readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = readme.read_text()
    assert exit_code_of(["bench", "readme", str(readme), "--check"]) == ExitCode.CHECK_FAILED
    assert readme.read_text() == before
    assert exit_code_of(["bench", "readme", str(readme)]) == ExitCode.DONE
    assert exit_code_of(["bench", "readme", str(readme), "--check"]) == ExitCode.DONE
    write(readme, readme.read_text().replace("| clip, model |", "| clip |"))
    assert exit_code_of(["bench", "readme", str(readme), "--check"]) == ExitCode.CHECK_FAILED
    assert "differ" in capsys.readouterr().err


def test_a_file_without_tables_is_left_alone(tmp_path: Path) -> None:
    file = write(tmp_path / "a.md", "words, <!-- a comment -->, `<!-- tables -->`")
    assert exit_code_of(["bench", "readme", str(file), "--check"]) == ExitCode.DONE


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([BEGIN, "words"], "line 1: the table has no end"),
        (["words", BEGIN, BEGIN, END], "line 2: the table has no end"),
        (["words", END], "line 2: an end without a table"),
        (["<!-- table: a -->", END], "line 1: .* is no marker"),
        ([BEGIN, "<!--end-->"], "line 2: .* is no marker"),
        ([f"words {BEGIN}", END], "line 1: .* is no marker"),
        ([BEGIN.replace(NAME, "nothing"), END], "no table 'nothing'"),
        ([BEGIN.replace("a b", "missing"), END], "missing.json cannot be read"),
    ],
)
def test_what_is_wrong_is_said(lines: list[str], said: str, readme: Path) -> None:
    write(readme, *lines)
    with pytest.raises(InputError, match=said):
        filled(readme)


def test_an_unknown_table_comes_with_those_there_are(readme: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(readme, BEGIN.replace(NAME, "nothing"), END)
    assert exit_code_of(["bench", "readme", str(readme)]) == ExitCode.INPUT
    assert NAME in capsys.readouterr().err


@pytest.mark.parametrize("name", ["missing.md", "."])
def test_a_file_that_cannot_be_read_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        filled(tmp_path / name)


def test_what_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="not UTF-8"):
        filled(tmp_path / "a.md")


def test_our_readme_has_what_the_committed_reports_give() -> None:
    assert is_current(Path(__file__).parent.parent / "README.md")


def test_every_committed_report_can_be_shown() -> None:
    """Those that this version reads: a new schema means to measure anew."""
    for file in (Path(__file__).parent.parent / "benchmarks" / "reports").glob("*.json"):
        assert markdown(read_report(file))
