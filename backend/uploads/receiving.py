"""Takes one file out of a multipart body, in pieces and onto the disk. Looks at nothing in it.

The size of the whole body is limited before this (`kit.bodies`); here its shape is: one part named `file`,
no other, and no slower than `WITHIN_S`. What the sender calls the file, and what type it says it is, is
not believed and not kept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from tempfile import SpooledTemporaryFile
from typing import IO, Final, cast

from anyio import CapacityLimiter
from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from backend.kit.errors import FieldProblem, SlowRequest, Unprocessable, UnsupportedMedia
from backend.kit.places import places

FIELD: Final = "file"
WITHIN_S: Final = 120.0
AT_ONCE: Final = 16

_places = places("atelier_uploads_received", AT_ONCE)


@asynccontextmanager
async def received(
    request: Request, among: Callable[[], CapacityLimiter] = _places
) -> AsyncIterator[IO[bytes]]:
    """Yield the file that `request` brings, open for reading at its beginning; it is gone after that.

    `among` are the places in which it is waited for: slow strangers take none of those of people signed in.

    Raises:
        UnsupportedMedia: The body is not `multipart/form-data`.
        Unprocessable: It is broken, or not one part named `file`.
        SlowRequest: It did not arrive in time.
    """
    if not request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        raise UnsupportedMedia(
            'Send the picture as multipart/form-data with one part named "file": '
            "curl -F file=@sketch.png …"
        )
    async with among():
        form = await _form(request)
    try:
        yield _the_file(form)
    finally:
        await form.close()


async def _form(request: Request) -> FormData:
    try:
        async with asyncio.timeout(WITHIN_S):
            return await request.form(max_files=1, max_fields=0)
    except TimeoutError as error:
        raise SlowRequest(f"The file did not arrive within {WITHIN_S:.0f} seconds.") from error
    except HTTPException as error:
        if error.status_code != 400:  # noqa: PLR2004 - Starlette's word for a form it cannot read
            raise
        raise _not_one_file(str(error.detail)) from error


def _the_file(form: FormData) -> IO[bytes]:
    found = form.get(FIELD)
    if not isinstance(found, UploadFile):
        raise _not_one_file("there is no such part, or it is not a file")
    return cast("SpooledTemporaryFile[bytes]", found.file)


def _not_one_file(why: str) -> Unprocessable:
    problem = FieldProblem(
        field=FIELD, message=f"must be the one part of the form: {why}", limit="one file"
    )
    return Unprocessable(f"{FIELD} {problem.message}", fields=[problem])
