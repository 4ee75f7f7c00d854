"""Follows docs/guide as a newcomer would: what its pages say to run is run, in a fresh copy, and prints what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.guide import session
from tests.guide.blocks import ROOT, Block, blocks_of, chapters

pytestmark = [pytest.mark.heavy, pytest.mark.model, pytest.mark.timeout(session.WITHIN_S + 60)]


def run_of(page: str) -> list[Block]:
    """Return the blocks of a page that can be run here."""
    text = (ROOT / "docs/guide" / page).read_text()
    return [block for block in blocks_of(page, text) if block.kind == "run"]


RUN = [page.name for page in chapters() if run_of(page.name)]


@pytest.mark.parametrize("page", RUN)
def test_following_it_works(page: str, tmp_path: Path) -> None:
    assert session.complaints(run_of(page), tmp_path) == []


def test_the_way_from_an_empty_folder_to_an_image_and_back_is_run() -> None:
    text = "".join(block.text for block in run_of("3-one-machine.md"))
    for step in ("create-key", "generations", "verify", "backup", "rm -rf var", "restore", "cmp"):
        assert step in text


class TestABrokenChapter:
    """Whatever goes otherwise than a page says is a complaint that names the page and the line."""

    def complaint(self, folder: Path, *texts: str, printed: str | None = None) -> str:
        blocks = [Block("page.md", line, "run", text, printed) for line, text in enumerate(texts)]
        return "\n".join(session.complaints(blocks, folder))

    def test_a_command_that_fails(self, tmp_path: Path) -> None:
        told = self.complaint(tmp_path, "true\n", "cat is-not-there\necho after\n")
        assert "page.md:1: broke off" in told
        assert "is-not-there: No such file" in told

    def test_a_step_that_is_missing(self, tmp_path: Path) -> None:
        assert "unbound variable" in self.complaint(tmp_path, 'echo "$KEY_OF_A_STEP_LEFT_OUT"\n')

    def test_something_else_is_printed(self, tmp_path: Path) -> None:
        told = self.complaint(tmp_path, "echo 3 images\n", printed="4 images\n")
        assert "page.md:0: printed\n3 images" in told

    def test_something_goes_on_running(self, tmp_path: Path) -> None:
        assert "leaves running: sleep 600" in self.complaint(tmp_path, "sleep 600 &\n")

    def test_a_later_block_knows_what_an_earlier_one_did(self, tmp_path: Path) -> None:
        assert self.complaint(tmp_path, "name=value\n", 'test "$name" = value\n') == ""
