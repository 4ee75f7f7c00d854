"""What the database keeps of webhooks' secrets: nothing that signs without the studio's keys."""

from __future__ import annotations

from typing import Any

import pytest

from backend.kit.database import Database
from backend.kit.keyring import CannotOpen, KeyRing
from backend.webhooks.models import Webhook
from backend.webhooks.sealing import new_sealed_secret, opened, opened_all, reseal
from backend.webhooks.signatures import new_secret, sign
from tests.fixtures.actors import add_user

OLD, NEW = KeyRing(["the old one"]), KeyRing(["the new one"])
BOTH = KeyRing(["the new one", "the old one"])


def added(database: Database, **values: Any) -> str:
    user = add_user(database)
    row = Webhook(owner_id=user.id, url="https://hooks.example.com", kinds=[], **values)
    with database.write() as session:
        session.add(row)
    return row.id


def row_of(database: Database, webhook_id: str) -> Webhook:
    with database.read() as session:
        return session.get_one(Webhook, webhook_id)


def resealed(database: Database, ring: KeyRing) -> int:
    with database.write() as session:
        return reseal(session, ring)


class TestNewSealedSecret:
    def test_opens_to_a_secret_that_signs(self) -> None:
        sealed = new_sealed_secret(OLD)
        assert "whsec_" not in sealed
        assert len(sealed) <= 255
        assert sign(opened(OLD, sealed), "msg", 1, b"{}").startswith("v1,")

    def test_one_from_before_sealing_is_read_as_it_is(self) -> None:
        plain = new_secret()
        assert opened(OLD, plain) == plain


class TestOpenedAll:
    def test_does_without_a_former_one_that_no_key_opens(self) -> None:
        new, old = new_sealed_secret(NEW), new_sealed_secret(OLD)
        assert opened_all(NEW, [new, old]) == [opened(NEW, new)]
        assert len(opened_all(BOTH, [new, old])) == 2
        with pytest.raises(CannotOpen):
            opened_all(NEW, [old, new])


class TestReseal:
    def test_moves_everything_to_the_newest_key_once(self, database: Database) -> None:
        plain = new_secret()
        sealed = new_sealed_secret(OLD)
        first = added(database, secret=plain, previous_secret=sealed)
        second = added(database, secret=new_sealed_secret(NEW))
        assert resealed(database, BOTH) == 1
        assert resealed(database, BOTH) == 0
        row = row_of(database, first)
        assert opened(NEW, row.secret) == plain
        assert row.previous_secret is not None
        assert opened(NEW, row.previous_secret) == opened(OLD, sealed)
        assert not row.secret.startswith("whsec_")
        assert opened(NEW, row_of(database, second).secret)

    def test_leaves_alone_what_no_key_opens(self, database: Database) -> None:
        sealed = new_sealed_secret(OLD)
        webhook = added(database, secret=sealed)
        assert resealed(database, NEW) == 0
        assert row_of(database, webhook).secret == sealed
        assert resealed(database, BOTH) == 1
