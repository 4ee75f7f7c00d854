"""What a provider's claims make of a person."""

from __future__ import annotations

import pytest

from backend.accounts.claims import identity_of, roles_of
from backend.kit.settings import Settings


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
        assert roles_of({"groups": groups}, Settings()) == roles

    def test_may_lie_deep_in_the_claims(self) -> None:
        claims = {"realm_access": {"roles": ["admin"]}}
        assert roles_of(claims, Settings(oidc_role_claim="realm_access.roles")) == ("admin",)

    def test_may_be_named_with_dots(self) -> None:
        claims = {"https://corp.test/roles": ["admin"]}
        assert roles_of(claims, Settings(oidc_role_claim="https://corp.test/roles")) == ("admin",)

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
        assert roles_of(claims, settings) == roles


class TestIdentity:
    def test_survives_claims_of_any_type(self) -> None:
        strange: dict[str, object] = {"sub": "s", "email": 5, "name": ["x"], "groups": 7}
        person = identity_of(strange, Settings(), issuer="i", provider="oidc", adopts_local=False)
        assert (person.subject, person.email, person.name) == ("s", "", "Somebody")

    def test_prefers_the_full_name(self) -> None:
        claims = {"sub": "s", "name": " Dana ", "preferred_username": "d", "email": "d@x.test"}
        person = identity_of(claims, Settings(), issuer="i", provider="oidc", adopts_local=False)
        assert person.name == "Dana"
