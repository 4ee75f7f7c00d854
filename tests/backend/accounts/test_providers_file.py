"""The file of providers: what the presets fill in, and what is said of a table that will not do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from backend.accounts.providers import Kind, ProviderTable
from backend.accounts.providers.configuration import BadProvidersError, read_providers
from backend.kit.settings import Settings

PAGE = Path(__file__).parents[3] / "docs" / "operate" / "sign-in.md"
DIRECTORY = "72f988bf-86f1-41af-91ab-2d7cd011db47"
OTHER = "11111111-2222-3333-4444-555555555555"
GOOD = """
[google]
kind = "google"
client_id = "g"
client_secret_file = "google.secret"
allowed_domains = ["Example.com"]

[entra]
kind = "entra"
tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
client_id = "e"
client_secret = "es"

[keycloak]
kind = "keycloak"
issuer = "https://sso.example.com/realms/studio"
client_id = "k"
role_map = { "/Artists" = "designer" }

[github]
kind = "github"
client_id = "h"
client_secret = "hs"
allowed_groups = ["acme"]
team_map = { "acme/bags" = "Bags" }

[corp]
issuer = "https://login.example.com"
client_id = "c"
title = "Example Corp"
"""


def reading(folder: Path, text: str, **settings: Any) -> Any:
    path = folder / "providers.toml"
    path.write_text(text)
    (folder / "google.secret").write_text("gs\n")
    return read_providers(Settings(providers=str(path), **settings))


class TestPresets:
    def test_fill_in_what_is_always_the_same(self, tmp_path: Path) -> None:
        tables = reading(tmp_path, GOOD)
        assert list(tables) == ["google", "entra", "keycloak", "github", "corp"]
        assert [table.kind for table in tables.values()] == [
            Kind.GOOGLE, Kind.ENTRA, Kind.KEYCLOAK, Kind.GITHUB, Kind.OIDC,
        ]  # fmt: skip
        assert [table.shown_title for table in tables.values()] == [
            "Google", "Microsoft", "Keycloak", "GitHub", "Example Corp",
        ]  # fmt: skip
        assert tables["google"].base == "https://accounts.google.com"
        assert tables["google"].client_secret.get_secret_value() == "gs"
        assert tables["google"].allowed_domains == ("example.com",)
        assert tables["keycloak"].role_map == {"artists": "designer"}
        assert tables["github"].base == "https://github.com"
        assert tables["corp"].role_claim == "groups"

    def test_entra_of_one_directory_names_it_everywhere(self, tmp_path: Path) -> None:
        entra = reading(tmp_path, GOOD)["entra"]
        here = f"https://login.microsoftonline.com/{DIRECTORY}/v2.0"
        assert (entra.base, entra.metadata_issuer, entra.token_issuers) == (here, here, (here,))

    def test_entra_of_several_directories_lists_them(self, tmp_path: Path) -> None:
        text = (
            f'[e]\nkind="entra"\ntenant="common"\ntenants=["{DIRECTORY}", "{OTHER}"]\nclient_id="e"'
        )
        entra = reading(tmp_path, text)["e"]
        assert entra.base == "https://login.microsoftonline.com/common/v2.0"
        assert entra.metadata_issuer == "https://login.microsoftonline.com/{tenantid}/v2.0"
        assert entra.token_issuers == (
            f"https://login.microsoftonline.com/{DIRECTORY}/v2.0",
            f"https://login.microsoftonline.com/{OTHER}/v2.0",
        )

    def test_stand_beside_the_one_of_the_settings(self, tmp_path: Path) -> None:
        tables = reading(tmp_path, GOOD, oidc_issuer="https://single.example.com")
        assert list(tables)[-1] == "oidc"
        assert tables["oidc"].scopes == "openid profile email groups"

    def test_none_means_the_development_provider(self) -> None:
        assert read_providers(Settings()) == {}
        assert Settings().development_sign_in
        assert not Settings(providers="x").development_sign_in


class TestMistakes:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("", "has no table"),
            ("x = [", "is no TOML file"),
            ('client_id = "x"', "[client_id] is no table"),
            ('[Google]\nclient_id = "x"', "[Google] is no name"),
            ('[a_b]\nclient_id = "x"', "[a_b] is no name"),
            ('[development]\nclient_id = "x"', "[development] is no name"),
            ('[a]\nissuer = "https://a.test"', "[a] client_id: is missing"),
            ('[a]\nissuer = "https://a.test"\nclient_id = ""', "[a] client_id: "),
            ('[a]\nissuer = "https://a.test"\nclient_id = 5', "[a] client_id: "),
            ('[a]\nclient_id = "x"', "[a] issuer: '' will not do"),
            ('[a]\nissuer = "http://a.test"\nclient_id = "x"', "[a] issuer: 'http://a.test' will"),
            ('[a]\nissuer = "https://a.test#x"\nclient_id = "x"', "[a] issuer: "),
            ('[a]\nkind = "okta"\nclient_id = "x"', "[a] kind: "),
            ('[a]\nkind = ["x"]\nclient_id = "x"', "[a] kind: "),
            ('[a]\nissuer = "https://a.test"\nclient_id = "x"\nclientid = 1', "[a] clientid: is no key"),
            ('[a]\nkind = "entra"\nclient_id = "x"', "[a] tenant: '' is none"),
            ('[a]\nkind = "entra"\ntenant = "corp.test"\nclient_id = "x"', "[a] tenant: 'corp.test'"),
            ('[a]\nkind = "entra"\ntenant = "common"\nclient_id = "x"', "[a] tenants: list"),
            ('[a]\nkind="entra"\ntenant="common"\ntenants=["x"]\nclient_id="x"', "[a] tenants: 'x' is"),
            ('[a]\nissuer="https://a.test"\ntenant="x"\nclient_id="x"', "[a] tenant: only"),
            ('[a]\nkind = "google"\nclient_id = "x"', "[a] would let in everybody"),
            ('[a]\nkind = "github"\nclient_id = "x"', "[a] would let in everybody"),
            ('[a]\nissuer = "https://a.test"\nclient_id="x"\nclient_secret_file="no"', "cannot be read"),
            (
                '[a]\nissuer="https://a.test"\nclient_id="x"\nclient_secret="y"\nclient_secret_file="z"',
                "[a] has both",
            ),
            ('[a]\nissuer="https://a.test"\nclient_id="x"\nteam_map={x=""}', "[a] team_map: "),
            (
                '[a]\nissuer="https://a.test"\nclient_id="x"\nteam_map={x="a\\u0000"}',
                "[a] team_map: ",
            ),
        ],
    )  # fmt: skip
    def test_are_said_with_table_and_key(self, tmp_path: Path, text: str, said: str) -> None:
        with pytest.raises(BadProvidersError) as refused:
            reading(tmp_path, text)
        assert str(refused.value).startswith("ATELIER_PROVIDERS: ")
        assert said in str(refused.value)

    def test_never_say_the_secret(self, tmp_path: Path) -> None:
        text = '[a]\nkind = "entra"\nclient_id = "x"\nclient_secret = "canary"\nmore = 1'
        with pytest.raises(BadProvidersError) as refused:
            reading(tmp_path, text)
        assert "canary" not in f"{refused.value!r} {refused.value.__cause__!r}"
        assert refused.value.__suppress_context__

    @pytest.mark.parametrize("registration", ["approval", "invite"])
    def test_the_whole_world_may_knock_where_somebody_opens(
        self, tmp_path: Path, registration: str
    ) -> None:
        text = '[a]\nkind = "github"\nclient_id = "x"'
        assert reading(tmp_path, text, registration=registration)

    def test_a_file_that_is_not_there_is_said(self, tmp_path: Path) -> None:
        with pytest.raises(BadProvidersError, match=r"nosuch\.toml cannot be read: No such file"):
            read_providers(Settings(providers=str(tmp_path / "nosuch.toml")))

    def test_a_table_called_like_the_one_of_the_settings(self, tmp_path: Path) -> None:
        text = '[oidc]\nissuer = "https://a.test"\nclient_id = "x"'
        with pytest.raises(BadProvidersError, match=r"\[oidc\] is the name of what"):
            reading(tmp_path, text, oidc_issuer="https://single.example.com")

    def test_one_who_is_named_without_an_issuer(self) -> None:
        with pytest.raises(ValueError, match="'583231' names nobody"):
            Settings(admin_subjects=["583231"])


class TestThePageForOperators:
    def test_shows_a_file_that_works(self, tmp_path: Path) -> None:
        text = "\n".join(re.findall(r"```toml\n(.*?)```", PAGE.read_text(), re.DOTALL))
        for name in re.findall(r'client_secret_file = "(.*?)"', text):
            (tmp_path / name).write_text("secret")
        tables = reading(tmp_path, text)
        assert {table.kind for table in tables.values()} == set(Kind)
        assert all(table.client_secret.get_secret_value() for table in tables.values())

    def test_names_every_key(self) -> None:
        every = PAGE.read_text().partition("## Every key")[2].partition("\n## ")[0]
        assert set(re.findall(r"`([a-z_]+)`", every)) >= set(ProviderTable.model_fields)
