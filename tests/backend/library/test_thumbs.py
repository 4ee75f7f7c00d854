"""The thumbnails of many images at once: whose, in which order, and what is left out; on both databases."""

from __future__ import annotations

from email import message_from_bytes
from email.policy import HTTP
from typing import Any

import pytest

from backend.images.schemas import Moderation
from backend.kit.storage.naming import key_of
from backend.library.thumbs import MOST_THUMBS
from tests.backend.library.conftest import API, Library


@pytest.fixture
def shown(library: Library) -> list[str]:
    """Two images of Dana's with a thumbnail each, one of which everybody sees."""
    one, other = (_image(library, data) for data in (b"one\r\n--", b"other"))
    library.gallery(one)
    return [one, other]


def _image(library: Library, data: bytes, **values: Any) -> str:
    key = library.studio.context.storage.put(data, suffix=".webp")
    return library.image(thumb_key=key, sha256=key.rpartition("/")[2][:64], **values)


def _key_of(data: bytes) -> str:
    return key_of(data, ".webp")


def _files(answer: Any) -> dict[str, bytes]:
    assert answer.status_code == 200, answer.text
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    whole = message_from_bytes(head + answer.content, policy=HTTP)
    parts: list[Any] = list(whole.iter_parts())
    return {
        str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)
        for part in parts
    }


def test_come_in_the_order_in_which_they_were_asked_for(library: Library, shown: list[str]) -> None:
    answer = library.browser(library.dana).get(f"{API}/thumbs", params={"id": shown[::-1]})
    files = _files(answer)
    assert list(files) == shown[::-1]
    assert list(files.values()) == [b"other", b"one\r\n--"]
    assert answer.headers["cache-control"] == "private, no-cache"


def test_what_one_may_not_see_is_left_out(library: Library, shown: list[str]) -> None:
    held = _image(library, b"held", moderation=Moderation.HELD)
    lost = _image(library, b"lost")
    library.studio.context.storage.delete(_key_of(b"lost"))
    asked = {"id": [*shown, held, lost, "nobody"]}
    assert list(_files(library.browser(library.eli).get(f"{API}/thumbs", params=asked))) == [
        shown[0]
    ]
    assert list(_files(library.browser(library.dana).get(f"{API}/thumbs", params=asked))) == shown


def test_are_not_sent_again_to_who_has_them_and_may_see_them_still(
    library: Library, shown: list[str]
) -> None:
    dana, eli = library.browser(library.dana), library.browser(library.eli)
    asked = {"id": shown}
    tag = dana.get(f"{API}/thumbs", params=asked).headers["etag"]
    held = {"If-None-Match": tag}
    assert dana.get(f"{API}/thumbs", params=asked, headers=held).status_code == 304
    assert list(_files(eli.get(f"{API}/thumbs", params=asked, headers=held))) == [shown[0]]


def test_are_so_many_at_once(library: Library) -> None:
    browser = library.browser(library.dana)
    assert _files(browser.get(f"{API}/thumbs")) == {}
    many = {"id": ["a"] * (MOST_THUMBS + 1)}
    assert browser.get(f"{API}/thumbs", params=many).status_code == 422
    assert browser.get(f"{API}/thumbs", params={"id": ["../x"]}).status_code == 422
