"""Anybody's file is read in a process of its own: what it says, and that nothing that is in it hurts the studio."""

from __future__ import annotations

import asyncio
import io
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import c2pa
import pytest

from backend.kit import confined, isolated
from backend.kit.settings import Settings
from backend.provenance import reader, reading
from backend.provenance.authority import Authority, authority_of
from backend.provenance.claims import Parent
from backend.provenance.reading import MOST_KEPT_BYTES, Credentials, State
from backend.provenance.signing import Signer
from tests.backend.provenance.signed import CLAIM, DRAWN, OVER, company, file_of, flipped

WEBP, JPEG = "image/webp", "image/jpeg"
MUTATED = 400


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority_of(Settings(data_dir=tmp_path_factory.mktemp("studio")))


@pytest.fixture(scope="module")
def signer(authority: Authority) -> Signer:
    return Signer(authority)


def read(file: bytes, authority: Authority, kind: str = WEBP) -> Credentials:
    with tempfile.TemporaryFile() as at:
        at.write(file)
        at.flush()
        return asyncio.run(reading.read(at, kind, authority))


def kept_of(file: bytes, kind: str = WEBP) -> bytes | None:
    with tempfile.TemporaryFile() as at:
        at.write(file)
        at.flush()
        return asyncio.run(reading.kept_of(at, kind))


class TestStates:
    def test_trusted(self, signer: Signer, authority: Authority) -> None:
        parent = Parent(signer.sign(file_of(WEBP), WEBP, CLAIM), WEBP)
        said = read(signer.sign(file_of(JPEG), JPEG, OVER, parent=parent), authority, JPEG)
        assert said == Credentials(
            state=State.TRUSTED,
            signer="Atelier local signer",
            signed_at=None,
            source_type=OVER.source_type,
            software="Atelier 0.1.0",
            lookup=OVER.lookup,
            parents=1,
        )

    def test_of_an_unknown_signer_tell_no_lookup_id(self, authority: Authority) -> None:
        theirs = Signer(company().authority())
        said = read(theirs.sign(file_of(WEBP), WEBP, CLAIM), authority)
        assert (said.state, said.signer, said.lookup) == (
            State.UNKNOWN_SIGNER,
            "Example studio",
            None,
        )
        assert said.problems == ("signingCredential.untrusted",)
        assert said.source_type == DRAWN

    def test_trusted_also_over_a_picture_that_somebody_else_signed(
        self, signer: Signer, authority: Authority
    ) -> None:
        theirs = Signer(company().authority()).sign(file_of(JPEG), JPEG, CLAIM)
        archive = kept_of(theirs, JPEG)
        assert archive is not None
        over = Parent(archive, "application/c2pa")
        said = read(signer.sign(file_of(WEBP), WEBP, OVER, parent=over), authority)
        assert (said.state, said.parents) == (State.TRUSTED, 1)

    def test_changed(self, signer: Signer, authority: Authority) -> None:
        said = read(flipped(signer.sign(file_of(WEBP), WEBP, CLAIM), 2000), authority)
        assert (said.state, said.lookup) == (State.CHANGED, None)
        assert said.problems == ("assertion.dataHash.mismatch",)

    def test_a_changed_manifest_of_a_parent_is_a_change(
        self, signer: Signer, authority: Authority
    ) -> None:
        parent = Parent(signer.sign(file_of(WEBP), WEBP, CLAIM), WEBP)
        child = signer.sign(file_of(WEBP, number=3), WEBP, OVER, parent=parent)
        at = child.index(b"00c0ffee")
        assert read(child[:at] + b"1" + child[at + 1 :], authority).state is State.CHANGED

    def test_none(self, authority: Authority) -> None:
        assert read(file_of(WEBP), authority) == Credentials(State.NONE)

    @pytest.mark.parametrize("file", [b"", b"hello", file_of(WEBP)[:300]])
    def test_unreadable(self, authority: Authority, file: bytes) -> None:
        assert read(file, authority).state is State.UNREADABLE

    def test_what_is_said_is_cut(self, authority: Authority) -> None:
        long = "w" * 5000
        file = _foreign([{"label": "c2pa.actions.v2", "data": _created()}], name=long)
        said = read(file, authority)
        assert said.software == "w" * reader.LONGEST_WORDS


def _created() -> dict[str, object]:
    return {"actions": [{"action": "c2pa.created", "digitalSourceType": DRAWN}]}


def _foreign(assertions: list[dict[str, object]], name: str = "Camera") -> bytes:
    """Return a file that another program signed, with whatever it likes in its manifest."""
    theirs = company().authority()
    info = c2pa.C2paSignerInfo(c2pa.C2paSigningAlg.ES256, theirs.chain, theirs.key, None)
    context = reader.context_of("", signer=c2pa.Signer.from_info(info))
    words = {"claim_generator_info": [{"name": name}], "assertions": assertions}
    out = io.BytesIO()
    c2pa.Builder(words, context=context).sign(JPEG, io.BytesIO(file_of(JPEG)), out)
    return out.getvalue()


class TestKept:
    @pytest.mark.parametrize("kind", ["image/webp", "image/png", "image/jpeg"])
    def test_is_without_the_pixels(self, signer: Signer, kind: str) -> None:
        file = file_of(kind, 512)
        archive = kept_of(signer.sign(file, kind, CLAIM), kind)
        assert archive is not None
        assert len(archive) <= MOST_KEPT_BYTES < len(file)

    def test_is_nothing_of_a_file_that_says_nothing(self) -> None:
        assert kept_of(file_of(WEBP)) is None
        assert kept_of(b"hello") is None

    def test_is_nothing_of_a_manifest_that_is_too_large(self) -> None:
        small, large = (
            _foreign(
                [
                    {"label": "c2pa.actions.v2", "data": _created()},
                    {"label": "com.example.notes", "data": {"notes": "n" * size}},
                ]
            )
            for size in (1000, 20_000)
        )
        assert kept_of(small, JPEG) is not None
        assert kept_of(large, JPEG) is None


_HARNESS = """
import json, random, runpy, sys
from collections import Counter
program = runpy.run_path(sys.argv[1])
files = json.load(sys.stdin)
chance, states = random.Random(5), Counter()
for number in range(int(sys.argv[2])):
    kind, whole = files["files"][number % len(files["files"])]
    file = bytearray.fromhex(whole)
    how = number % 4
    if how == 0:
        del file[chance.randrange(len(file)):]
    elif how == 1:
        for _ in range(chance.randrange(1, 30)):
            file[chance.randrange(len(file))] = chance.randrange(256)
    elif how == 2:
        at, other, size = (chance.randrange(len(file)) for _ in range(3))
        file[at : at + size] = file[other : other + size]
    else:
        at = file.find(b"jumb") + chance.randrange(3000)
        file[at : at + 4] = chance.randbytes(4)
    states[program["described"](bytes(file), kind, files["roots"])["state"]] += 1
    program["kept"](bytes(file), kind)
print(json.dumps(states))
"""


class TestHostile:
    def test_files_are_read_by_the_hundred_and_none_ends_the_process(
        self, tmp_path: Path, signer: Signer, authority: Authority
    ) -> None:
        parent = Parent(signer.sign(file_of(WEBP, 64), WEBP, CLAIM), WEBP)
        files = [
            (kind, signer.sign(file_of(kind, 64), kind, OVER, parent=parent).hex())
            for kind in ("image/webp", "image/png", "image/jpeg")
        ]
        harness = tmp_path / "harness.py"
        harness.write_text(_HARNESS)
        done = subprocess.run(
            [sys.executable, "-I", confined.__file__, str(harness), reader.__file__, str(MUTATED)],
            input=json.dumps({"files": files, "roots": authority.root.decode()}),
            capture_output=True, text=True, timeout=170, env={}, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-2000:]
        states = json.loads(done.stdout.splitlines()[-1])
        assert sum(states.values()) == MUTATED
        assert set(states) <= {state.value for state in State}
        # Some bytes say nothing: what fills up the place that was kept for the signature.
        assert states.get("trusted", 0) <= MUTATED // 20
        assert {"changed", "unreadable"} <= set(states)

    def test_a_reader_that_dies_is_not_the_studios_end(
        self, signer: Signer, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = signer.sign(file_of(WEBP), WEBP, CLAIM)
        monkeypatch.setattr("backend.kit.isolated.sys.executable", "/bin/false")
        assert read(file, authority) == Credentials(State.UNREADABLE)
        assert kept_of(file) is None

    def test_a_reader_that_takes_too_long_is_ended(
        self, signer: Signer, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        file = signer.sign(file_of(WEBP), WEBP, CLAIM)
        monkeypatch.setattr(reading, "WITHIN_S", 0.001)
        assert read(file, authority) == Credentials(State.UNREADABLE)
        assert kept_of(file) is None


class TestIsolation:
    @staticmethod
    def run(folder: Path, source: str, *words: str, within_s: float = 60) -> isolated.Ended:
        program = folder / "program.py"
        program.write_text(source)
        with tempfile.TemporaryFile() as file:
            file.write(b"the file")
            return isolated.run(str(program), *words, file=file, within_s=within_s)

    def test_gives_the_file_the_words_and_no_environment(self, tmp_path: Path) -> None:
        source = (
            "import json, os, sys\n"
            "sys.stdout.buffer.write(sys.stdin.buffer.read())\n"
            "said = {'words': sys.argv[1:], 'environment': [n for n in os.environ if n != 'LC_CTYPE']}\n"
            "sys.stderr.write('a warning\\n' + json.dumps(said))\n"
        )
        ended = self.run(tmp_path, source, "one", "{two}")
        assert ended == isolated.Ended(
            0, b"the file", {"words": ["one", "{two}"], "environment": []}
        )

    @pytest.mark.parametrize(
        "source",
        [
            "held = bytearray(2 * 1024**3)",
            "open(__file__ + '.written', 'wb').write(b'x')",
            "import sys; sys.stderr.write('{\"no\": ')",
            "import os; os.abort()",
        ],
    )  # fmt: skip
    def test_a_program_that_takes_more_than_it_is_given_reports_nothing(
        self, tmp_path: Path, source: str
    ) -> None:
        assert self.run(tmp_path, source).report == {}
        assert (
            not (tmp_path / "program.py.written").exists()
            or (tmp_path / "program.py.written").stat().st_size == 0
        )

    def test_a_program_that_never_ends_is_ended(self, tmp_path: Path) -> None:
        with pytest.raises(isolated.TooSlow):
            self.run(tmp_path, "while True: pass", within_s=0.5)
