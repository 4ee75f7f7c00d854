"""What a provider's claims make of a person."""

from __future__ import annotations

from typing import Any

import pytest

from backend.accounts.admission import Identity
from backend.accounts.claims import identity_of, roles_of, team_of
from backend.accounts.providers import Answer, Carried, Claims, ProviderTable, provider_of
from backend.kit.errors import Forbidden
from backend.kit.settings import Settings


def table_of(**given: Any) -> ProviderTable:
    return ProviderTable.model_validate(
        {"issuer": "https://issuer.test", "client_id": "atelier", **given}
    )


def person_of(
    claims: Claims, settings: Settings | None = None, *, issuer: str = "i", **given: Any
) -> Identity:
    provider = provider_of("corp", table_of(**given), "https://studio.test")
    answer = Answer(issuer, {"sub": "s", **claims}, Carried(), None)
    return identity_of(answer, provider, settings or Settings())


class TestRoles:
    @pytest.mark.parametrize(
        ("groups", "roles"),
        [
            (["designers"], ("designer",)),
            (["Marketing"], ("marketing",)),
            (["/admins", "everybody"], ("admin",)),
            (["marketing", "designer"], ("marketing", "designer")),
            ("admin", ("admin",)),
            (["superadmins"], ("designer",)),
            ([], ("designer",)),
            (None, ("designer",)),
            ({"admin": True}, ("designer",)),
            ([["admin"], 5, None], ("designer",)),
        ],
    )
    def test_come_from_the_claim_else_from_the_default(
        self, groups: object, roles: tuple[str, ...]
    ) -> None:
        assert roles_of({"groups": groups}, table_of(), "designer") == roles

    def test_may_lie_deep_in_the_claims(self) -> None:
        claims = {"realm_access": {"roles": ["admin"]}}
        assert roles_of(claims, table_of(role_claim="realm_access.roles"), "x") == ("admin",)

    def test_may_be_named_with_dots(self) -> None:
        claims = {"https://corp.test/roles": ["admin"]}
        table = table_of(role_claim="https://corp.test/roles")
        assert roles_of(claims, table, "x") == ("admin",)

    @pytest.mark.parametrize(
        ("claims", "roles"),
        [
            ({"email": "Boss@corp.test", "email_verified": True}, ("admin",)),
            ({"email": "boss@corp.test", "email_verified": False}, ("marketing",)),
            ({"email": "boss@corp.test", "email_verified": "true"}, ("marketing",)),
            ({"email": "boss@corp.test"}, ("marketing",)),
            ({"email": "boss@corp.test.evil", "email_verified": True}, ("marketing",)),
            ({"email_verified": True}, ("marketing",)),
        ],
    )
    def test_of_a_named_administrator_need_a_verified_address(
        self, claims: dict[str, object], roles: tuple[str, ...]
    ) -> None:
        settings = Settings(admin_emails=["boss@corp.test"], default_role="marketing")
        assert person_of(claims, settings).roles == roles


class TestIdentity:
    def test_survives_claims_of_any_type(self) -> None:
        strange: dict[str, object] = {"sub": "s", "email": 5, "name": ["x"], "groups": 7}
        person = person_of(strange)
        assert (person.subject, person.email, person.name) == ("s", "", "Somebody")

    def test_prefers_the_full_name(self) -> None:
        claims = {"sub": "s", "name": " Dana ", "preferred_username": "d", "email": "d@x.test"}
        person = person_of(claims)
        assert person.name == "Dana"

    def test_keeps_nothing_that_no_database_takes(self) -> None:
        person = person_of({"name": "Da\x00na\ud800\n", "email": "d\x00@x.test"})
        assert (person.name, person.email) == ("Dana", "d@x.test")


class TestMaps:
    @pytest.mark.parametrize(
        ("groups", "roles"),
        [
            (["Artists"], ("designer",)),
            (["/artists"], ("designer",)),
            (["admins"], ("marketing",)),
            ([], ("marketing",)),
        ],
    )
    def test_of_roles_take_the_place_of_the_usual_names(
        self, groups: list[str], roles: tuple[str, ...]
    ) -> None:
        table = table_of(role_map={"/Artists": "designer"})
        assert roles_of({"groups": groups}, table, "marketing") == roles

    def test_names_mean_nothing_at_github_by_themselves(self) -> None:
        """Anybody may found an organisation called "admins"."""
        table = table_of(kind="github", issuer="https://github.com")
        assert roles_of({"groups": ["admins"]}, table, "marketing") == ("marketing",)

    def test_of_teams_take_the_first_that_fits(self) -> None:
        table = table_of(team_map={"b": "Bags", "a": "Accessories"})
        assert team_of({"groups": ["a", "B"]}, table) == "Bags"
        assert team_of({"groups": ["c"]}, table) is None

    def test_of_teams_may_read_a_claim_of_their_own(self) -> None:
        table = table_of(team_claim="department", team_map={"bags": "Bags"})
        assert team_of({"groups": ["x"], "department": "Bags"}, table) == "Bags"


class TestNamedAdministrators:
    @pytest.mark.parametrize(
        ("issuer", "subject", "named"),
        [("i", "s", True), ("i", "S", False), ("I", "s", False), ("j", "s", False)],
    )
    def test_are_named_by_issuer_and_subject(self, issuer: str, subject: str, named: bool) -> None:
        settings = Settings(admin_subjects=["i#s"])
        assert person_of({"sub": subject}, settings, issuer=issuer).named is named

    def test_are_not_named_by_what_entra_calls_an_email(self) -> None:
        """Any directory's administrator can write any address there (nOAuth)."""
        settings = Settings(admin_emails=["boss@corp.test"])
        entra = {"kind": "entra", "tenant": TENANT, "issuer": "https://login.test"}
        claims = {"email": "boss@corp.test", "email_verified": True}
        assert person_of(claims, settings, **entra).named is False
        assert person_of({**claims, "xms_edov": True}, settings, **entra).named is True


class TestAllowed:
    @pytest.mark.parametrize(
        ("claims", "comes_in"),
        [
            ({"email": "a@corp.test", "email_verified": True}, True),
            ({"email": "a@CORP.test", "email_verified": True}, True),
            ({"email": "a@corp.test", "email_verified": False}, False),
            ({"email": "a@corp.test"}, False),
            ({"email": "a@corp.test.evil", "email_verified": True}, False),
            ({"email": "a@sub.corp.test", "email_verified": True}, False),
            ({"email": "corp.test", "email_verified": True}, False),
            ({"hd": "corp.test"}, False),
            ({}, False),
        ],
    )
    def test_domains_need_a_verified_address(self, claims: Claims, comes_in: bool) -> None:
        assert let_in(claims, allowed_domains=["Corp.test"]) is comes_in

    @pytest.mark.parametrize(
        ("claims", "comes_in"),
        [
            ({"hd": "corp.test", "email": "a@other.test"}, True),
            ({"email": "a@corp.test", "email_verified": True}, False),
            ({"hd": "other.test", "email": "a@corp.test", "email_verified": True}, False),
            ({"hd": ["corp.test"]}, False),
        ],
    )
    def test_domains_of_google_are_what_hd_says(self, claims: Claims, comes_in: bool) -> None:
        assert let_in(claims, kind="google", allowed_domains=["corp.test"]) is comes_in

    @pytest.mark.parametrize(
        ("groups", "comes_in"), [(["Studio"], True), (["other"], False), (None, False)]
    )
    def test_groups_let_in_who_is_in_one(self, groups: object, comes_in: bool) -> None:
        assert let_in({"groups": groups}, allowed_groups=["studio", "x"]) is comes_in

    def test_a_star_lets_in_everybody(self) -> None:
        assert let_in({}, kind="google", allowed_domains=["*"])


TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"


def let_in(claims: Claims, **given: Any) -> bool:
    try:
        person_of(claims, **given)
    except Forbidden:
        return False
    return True
