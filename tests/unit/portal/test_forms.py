"""What a browser sends is read in a time that grows with its length only, whatever is in it: anybody can send it."""

import time

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request

from services.portal.forms import Sent, read_sent
from shared.http.middleware import USUAL_MAX_BODY
from shared.http.server import MAX_HEAD

_MULTIPART = "multipart/form-data; boundary=b"
_PLAIN = "application/x-www-form-urlencoded"
_DISPOSITION = b"content-disposition:"


async def _read(body: bytes, content_type: str) -> Sent:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", content_type.encode("latin-1"))]
    return await read_sent(Request({"type": "http", "method": "POST", "headers": headers}, receive))


def _part(head: bytes) -> bytes:
    return b"--b\r\n" + head + b"\r\n\r\nwords\r\n--b--\r\n"


def _full_of(repeated: bytes) -> bytes:
    return _part((_DISPOSITION + repeated * USUAL_MAX_BODY)[: USUAL_MAX_BODY - 100])


class TestAFormWithAFile:
    async def test_is_read_with_its_fields_and_its_file(self) -> None:
        body = (
            b'--b\r\nContent-Disposition: form-data; name="what"\r\n\r\nwords\r\n'
            b'--b\r\nContent-Type: text/plain\r\nContent-Disposition: form-data;name="f"; filename="a"\r\n\r\nin it\r\n'
            b"--b--\r\n"
        )
        assert await _read(body, _MULTIPART) == Sent({"what": "words"}, b"in it")


class TestReading:
    async def test_keeps_everything_that_was_chosen(self) -> None:
        assert await _read(b"a[]=1&b=1&a[]=2&b=2", _PLAIN) == Sent({"a[]": "1,2", "b": "2"})

    async def test_knows_that_no_box_is_ticked(self) -> None:
        assert await _read(b"a[]=&b[]=&b[]=2", _PLAIN) == Sent({"a[]": "", "b[]": "2"})

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            (b"a=b&" * 2_001, _PLAIN),
            (
                b"".join(b'--b\r\ncontent-disposition: a; name="a"\r\n\r\nb\r\n' for _ in range(2_001)),
                _MULTIPART,
            ),
            (b"&" * USUAL_MAX_BODY, _PLAIN),
        ],
    )
    async def test_refuses_more_fields_than_any_form_has(self, body: bytes, content_type: str) -> None:
        with pytest.raises(HTTPException) as refused:
            await _read(body + b"--b--", content_type)
        assert refused.value.status_code == 413

    async def test_leaves_out_what_no_page_can_show(self) -> None:
        typed = "ar=a%1Bb%00%0Dc%C2%9Fd%EF%BF%BFe%0D%0A%09%F0%9F%91%8B"
        assert (await _read(typed.encode(), _PLAIN)).fields == {"ar": "ab\rcde\r\n\t\N{WAVING HAND SIGN}"}

    @pytest.mark.parametrize(
        ("body", "content_type"),
        [
            *((_full_of(repeated), _MULTIPART) for repeated in (_DISPOSITION, b";", b"; ", b"\r\n", b"\n;")),
            (b"--b" * (USUAL_MAX_BODY // 3), _MULTIPART),
            (b"&".join([b"a[]=" + b"x" * 500] * 2_000), _PLAIN),
            (b"%" * USUAL_MAX_BODY, _PLAIN),
            (b"", 'a/b;a="'.ljust(MAX_HEAD, ";")),
            (b"", "a/b".ljust(MAX_HEAD, ";")),
        ],
    )
    async def test_takes_time_in_proportion(self, body: bytes, content_type: str) -> None:
        began = time.process_time()
        assert (await _read(body, content_type)).file is None
        assert time.process_time() - began < 2
