"""Pages are compressed for the reader, and never for another site that guesses what stands in them."""

import brotli
import pytest
from flask.testing import FlaskClient

WISHES = {"Accept-Encoding": "gzip, deflate, br, zstd"}


@pytest.mark.parametrize("site", ["same-origin", "none"])
def test_what_the_reader_asks_for_is_compressed(client: FlaskClient, site: str) -> None:
    answer = client.get("/", headers=WISHES | {"Sec-Fetch-Site": site})
    assert answer.headers["Content-Encoding"] == "br"
    assert b"<h1>" in brotli.decompress(answer.data)
    assert "Accept-Encoding" in answer.headers["Vary"]


@pytest.mark.parametrize("site", ["cross-site", "same-site", ""])
def test_what_another_site_asks_for_is_not(client: FlaskClient, site: str) -> None:
    answer = client.get("/", headers=WISHES | ({"Sec-Fetch-Site": site} if site else {}))
    assert "Content-Encoding" not in answer.headers
    assert b"<h1>" in answer.data


def test_a_page_that_did_not_change_is_not_sent_again(client: FlaskClient) -> None:
    headers = WISHES | {"Sec-Fetch-Site": "none"}
    first = client.get("/", headers=headers)
    again = client.get("/", headers=headers | {"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
