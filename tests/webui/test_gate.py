"""The gate: who gets a page, and what a stranger, a role and a broken backend see."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlmodel import col, select
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from backend.kit.ids import new_secret
from backend.kit.ratelimit import RateLimit
from backend.kit.settings import Settings
from tests.backend.uploads.corpus import png
from tests.fixtures.actors import Client
from tests.fixtures.app import Studio
from tests.webui.conftest import CALL, PAGE, form, press
from webui import static_files
from webui.gate import Way, way_of
from webui.server import create_studio

JAVASCRIPT = {"text/javascript", "application/javascript"}


def test_whoever_guesses_through_the_pages_is_counted_by_their_own_address(studio: Studio) -> None:
    stranger = studio.actors.anonymous()
    stranger.cookies.set("atelier_session", new_secret())
    spoofed = {**PAGE, "x-forwarded-for": "198.51.100.7"}
    assert stranger.get("/history", headers=spoofed).status_code == 303
    with studio.context.database.read() as session:
        guesses = select(RateLimit.key).where(col(RateLimit.key).startswith("wrong_"))
        assert session.exec(guesses).all() == ["wrong_credentials:127.0.0.1"]


class TestWay:
    @pytest.mark.parametrize(
        "path", ["/", "/library", "/history", "/moderation", "/admin", "/system", "/account"]
    )
    def test_pages(self, path: str) -> None:
        assert way_of("GET", path) is Way.PAGE
        assert way_of("POST", path) is Way.CLOSED

    @pytest.mark.parametrize(
        "path", ["/assets/index-abc.js", "/static/js/iframeResizer.js", "/theme.css"]
    )
    def test_files(self, path: str) -> None:
        assert way_of("GET", path) is Way.FILE
        assert way_of("PUT", path) is Way.CLOSED

    def test_the_one_call(self) -> None:
        assert way_of("POST", CALL) is Way.CALL
        assert way_of("GET", CALL) is Way.CLOSED

    @pytest.mark.parametrize(
        "path",
        [
            "/history/", "/assets/../x", "//", "/gradio_api/", "/login", "/monitoring",
            f"/assets/{'x' * 256}.js", "/assets/a b.js", "/assets/\x00.js",
        ],
    )  # fmt: skip
    def test_everything_else_is_closed(self, path: str) -> None:
        assert way_of("GET", path) is Way.CLOSED


class TestStranger:
    def test_is_sent_to_sign_in_and_comes_back_to_the_same_page(self, studio: Studio) -> None:
        answer = studio.actors.anonymous().get("/history?q=red%20dress", headers=PAGE)
        assert answer.status_code == 303
        assert answer.headers["location"] == "/auth/login?next=/history%3Fq%3Dred%2520dress"

    def test_gets_a_401_for_a_call(self, studio: Studio) -> None:
        answer = studio.actors.anonymous().post(CALL, json={"fn_index": 0, "data": []})
        assert answer.status_code == 401
        assert answer.json()["code"] == "not_signed_in"

    def test_gets_static_files(self, studio: Studio) -> None:
        anonymous = studio.actors.anonymous()
        assert anonymous.get("/theme.css").status_code == 200
        assert anonymous.get("/manifest.json").json()["name"] == "Atelier"
        assert anonymous.get("/ui-static/icon.svg").headers["content-type"] == "image/svg+xml"

    def test_a_digest_makes_them_keepable(self, studio: Studio) -> None:
        anonymous = studio.actors.anonymous()
        kept = anonymous.get(f"/ui-static/{static_files.digest()}/main.js")
        asked = anonymous.get("/ui-static/main.js")
        assert "immutable" in kept.headers["cache-control"]
        assert asked.headers["cache-control"] == "public, no-cache"
        assert kept.headers["content-type"].partition(";")[0] in JAVASCRIPT

    def test_gets_no_websocket(self, studio: Studio) -> None:
        with (
            pytest.raises(WebSocketDisconnect),
            studio.actors.anonymous().websocket_connect("/gradio_api/queue/join"),
        ):
            pass


class TestSignedIn:
    @pytest.mark.parametrize("path", ["/", "/library", "/history", "/account"])
    def test_gets_the_pages(self, designer: Client, path: str) -> None:
        answer = designer.get(path, headers=PAGE)
        assert answer.status_code == 200
        assert "/boot.js" in answer.text
        assert "og:image" not in answer.text

    def test_scripts_carry_a_nonce_and_nothing_inline_else_runs(self, designer: Client) -> None:
        answer = designer.get("/", headers=PAGE)
        policy = answer.headers["content-security-policy"]
        nonce = policy.partition("'nonce-")[2].partition("'")[0]
        assert nonce
        assert f'<script nonce="{nonce}" src="/ui-static/' in answer.text
        assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]

    @pytest.mark.parametrize("path", ["/moderation", "/admin", "/system"])
    def test_a_page_does_not_exist_without_its_permission(
        self, designer: Client, path: str
    ) -> None:
        answer = designer.get(path, headers=PAGE)
        assert answer.status_code == 404
        assert "Nothing here" in answer.text

    @pytest.mark.parametrize("path", ["/moderation", "/admin", "/system"])
    def test_a_page_opens_with_its_permission(self, studio: Studio, path: str) -> None:
        assert studio.actors.browser("admin").get(path, headers=PAGE).status_code == 200

    def test_signing_out_shows_at_once(self, designer: Client) -> None:
        assert designer.get("/", headers=PAGE).status_code == 200
        designer.post("/auth/logout")
        designer.cookies.clear()
        assert designer.get("/", headers=PAGE).status_code == 303

    def test_a_made_up_cookie_is_a_stranger(self, studio: Studio) -> None:
        browser = studio.actors.anonymous()
        browser.cookies.set("atelier_session", "made-up")
        assert browser.get("/", headers=PAGE).status_code == 303


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The pages alone, with nothing where their backend should be."""
    settings = Settings(data_dir=tmp_path_factory.mktemp("alone"), backend_url="http://127.0.0.1:9")
    with TestClient(create_studio(settings), base_url=settings.base_url) as client:
        client.cookies.set("atelier_session", "whoever")
        yield client


class TestBackendAway:
    def test_a_page_says_so_and_tries_again_by_itself(self, alone: TestClient) -> None:
        answer = alone.get("/", headers=PAGE)
        assert answer.status_code == 503
        assert answer.headers["retry-after"] == "5"
        assert "tries again by itself" in answer.text

    def test_a_call_says_so(self, alone: TestClient) -> None:
        answer = alone.post(CALL, json={"fn_index": 0, "data": []})
        assert answer.status_code == 503
        assert answer.json()["code"] == "not_ready"

    def test_the_process_itself_is_alive(self, alone: TestClient) -> None:
        assert alone.get("/healthz").status_code == 200
        assert alone.get("/api/v1/me").status_code == 404


class TestPress:
    def test_a_generation_starts_for_the_person_at_the_browser(
        self, studio: Studio, designer: Client
    ) -> None:
        answer = press(designer, "one", *form("a red dress", seed="7")).json()["data"][0]
        assert answer["outcome"] == "accepted"
        made = designer.get(f"/api/v1/generations/{answer['generation_id']}").json()
        assert made["parameters"]["seed"] == 7
        assert (made["parameters"]["width"], made["parameters"]["height"]) == (64, 64)
        other = studio.actors.browser("designer")
        assert other.get(f"/api/v1/generations/{answer['generation_id']}").status_code == 404

    def test_what_it_is_drawn_over_goes_with_it_and_nothing_else_does(
        self, designer: Client
    ) -> None:
        files = {"file": ("a.png", png(64, 64), "image/png")}
        init = designer.post("/api/v1/uploads", files=files).json()["id"]
        edit = {"init_image": init, "strength": 0.3, "width": 128, "height": 64, "num_images": 8}
        answer = press(designer, "over", *form(), edit=edit).json()["data"][0]
        made = designer.get(f"/api/v1/generations/{answer['generation_id']}").json()["parameters"]
        assert (made["init_image"], made["strength"]) == (init, 0.3)
        assert (made["width"], made["height"], made["num_images"]) == (128, 64, 1)

    def test_what_is_wrong_with_it_is_pointed_at(self, designer: Client) -> None:
        answer = press(designer, "wrong", *form(), edit={"mask": "m"}).json()["data"][0]
        assert [one["field"] for one in answer["problem"]["fields"]] == ["mask"]

    def test_the_same_ticket_starts_nothing_twice(self, designer: Client) -> None:
        first, second = (
            press(designer, "same", *form(seed="7")).json()["data"][0] for _ in range(2)
        )
        assert first["generation_id"] == second["generation_id"]

    def test_an_empty_prompt_is_pointed_at(self, designer: Client) -> None:
        answer = press(designer, "one", *form("")).json()["data"][0]
        assert answer["outcome"] == "refused"
        assert [one["field"] for one in answer["problem"]["fields"]] == ["prompt"]

    def test_a_seed_that_is_no_number_is_pointed_at(self, designer: Client) -> None:
        answer = press(designer, "one", *form(seed="seven")).json()["data"][0]
        assert answer["problem"]["fields"][0]["field"] == "seed"

    def test_a_seed_too_large_comes_with_the_nearest_good_one(self, designer: Client) -> None:
        answer = press(designer, "one", *form(seed="99999999999")).json()["data"][0]
        [problem] = answer["problem"]["fields"]
        assert (problem["field"], problem["nearest"]) == ("seed", 2**32 - 1)

    def test_a_role_that_may_not_generate_is_refused_by_the_backend(self, studio: Studio) -> None:
        answer = press(studio.actors.browser("marketing"), "one", *form()).json()["data"][0]
        assert (answer["outcome"], answer["problem"]["code"]) == ("refused", "forbidden")

    def test_says_when_inference_is_away(self, studio: Studio, designer: Client) -> None:
        studio.inference.away = True
        try:
            answer = press(designer, "one", *form(seed="8")).json()["data"][0]
        finally:
            studio.inference.away = False
        assert answer["outcome"] in {"away", "accepted"}, "models may still be remembered"
