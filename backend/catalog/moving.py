"""The verbs that move a model from a stage to another, each in its caller's transaction and one after another.

Each move is kept, and written down with who, when, from, to, why, and the digest of the weights of that moment.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlmodel import Session

from backend.accounts.actor import Actor
from backend.audit import service as audit
from backend.catalog import repository
from backend.catalog.choosing import Choices
from backend.catalog.models import ModelChoice, ModelMove
from backend.catalog.schemas import ModelChange
from backend.catalog.stages import DRAWS_UNNAMED, MOVES, Stage, is_allowed
from backend.kit import clock
from backend.kit.errors import Conflict, FieldProblem, NotFound, Unprocessable
from inference.protocol import ModelCard


class LastModel(Conflict):
    """Without this model nobody could draw any more."""

    code = "last_model"
    title = "This is the last model"


class NoRollback(Conflict):
    """The default before cannot be put back."""

    code = "no_rollback"
    title = "It cannot be put back"


@dataclass(frozen=True)
class Before:
    """The default before the present one: its weights then, and why it cannot be put back, if that is so."""

    model: str
    weights_sha256: str | None
    hindrance: str


class Registry:
    """The stages of all models, held until the transaction of `session` ends."""

    def __init__(self, session: Session, actor: Actor, cards: list[ModelCard]) -> None:
        self._session, self._actor, self._cards = session, actor, cards
        self._offered = {card.name: card for card in cards}
        self._rows = {row.model: row for row in repository.locked_choices(session)}

    def move(self, name: str, wanted: ModelChange) -> None:
        """Give a model another stage, or approve its weights, for everything that is asked for from now on.

        Raises:
            NotFound: There is no such model.
            Unprocessable: A canary without a share, a share of something else, or retired without a reason.
            Conflict: There is no such move from where it is, or it is not offered now; or there is a canary.
            LastModel: It is to be retired, and nothing else could draw for everybody.
        """
        if name not in self._offered and name not in self._rows:
            raise NotFound(f"There is no model {name!r}.")
        _check_words(wanted)
        row = self._rows.get(name) or ModelChoice(model=name)
        self._refuse_move(row, wanted)
        said = (wanted.share, wanted.reason or row.reason, self._weights_of(name))
        if row.stage is wanted.stage and said == (row.share, row.reason, row.weights_sha256):
            return
        if wanted.stage is Stage.DEFAULT is not row.stage:
            self._make_default(row, wanted.reason)
        else:
            self._give(row, wanted.stage, wanted.reason, share=wanted.share)

    def roll_back(self, reason: str) -> str:
        """Put back the default before the present one; return its name.

        The present one is available again if it was before; what was a canary goes back to staging, for whoever rolls
        back does not want it drawn by lot.

        Raises:
            NoRollback: There was none, it is gone, or its weights are others.
        """
        now = self._default()
        before = before_of(self._session, now, self._cards)
        if now is None or before is None:
            raise NoRollback("There was no other default before this one.")
        if before.hindrance:
            raise NoRollback(before.hindrance)
        came = repository.became_default(self._session, now.model)
        was_available = came is not None and came.before is Stage.AVAILABLE
        back = Stage.AVAILABLE if was_available else Stage.STAGING
        earlier = repository.became_default(self._session, before.model)
        self._give(now, back, reason, rolled_back=True)
        row = self._rows.get(before.model) or ModelChoice(model=before.model)
        self._give(
            row,
            Stage.DEFAULT,
            reason,
            rolled_back=True,
            replaced=(earlier.replaced, earlier.replaced_sha256) if earlier else (None, None),
        )
        return before.model

    def _make_default(self, row: ModelChoice, reason: str) -> None:
        now = self._default()
        replaced: tuple[str | None, str | None] = (None, None)
        if now:
            replaced = (now.model, now.weights_sha256 or self._weights_of(now.model))
            self._give(now, Stage.AVAILABLE, reason)
        elif stand_in := Choices(self._rows).default_among(self._cards):
            replaced = (stand_in, self._weights_of(stand_in)) if stand_in != row.model else replaced
        self._give(row, Stage.DEFAULT, reason, replaced=replaced)

    def _give(  # noqa: PLR0913
        self,
        row: ModelChoice,
        stage: Stage,
        reason: str,
        *,
        share: int | None = None,
        replaced: tuple[str | None, str | None] = (None, None),
        rolled_back: bool = False,
    ) -> None:
        """Write a stage, the move to it, and the audit of both."""
        before, row.stage = row.stage, stage
        row.reason = reason or (row.reason if before is stage else "")
        row.share, row.weights_sha256 = share, self._weights_of(row.model)
        row.changed_at, row.changed_by = clock.utc_now(), self._actor.id
        repository.keep(self._session, row)
        self._rows[row.model] = row
        move = ModelMove(
            model=row.model,
            before=before,
            after=stage,
            share=share,
            reason=reason,
            weights_sha256=row.weights_sha256,
            rolled_back=rolled_back,
            replaced=replaced[0],
            replaced_sha256=replaced[1],
            by=self._actor.id,
        )
        self._session.add(move)
        audit.record(
            self._session,
            actor_id=self._actor.id,
            verb="model.rollback" if rolled_back else "model.stage",
            subject=f"model:{row.model}",
            detail=_told(move),
        )

    def _refuse_move(self, row: ModelChoice, wanted: ModelChange) -> None:
        name, stage = row.model, wanted.stage
        if not is_allowed(row.stage, stage):
            raise _no_such_move(row, stage)
        if stage in {Stage.CANARY, Stage.DEFAULT} and name not in self._offered:
            raise Conflict(f"{name} cannot be the {stage}: it is not offered now.")
        if stage is Stage.CANARY and (other := self._first(Stage.CANARY, but=name)):
            raise Conflict(
                f"{other.model} is the canary; there is one at a time. Move it on first."
            )
        if stage not in DRAWS_UNNAMED and row.stage in DRAWS_UNNAMED:
            self._need_another(name)

    def _need_another(self, name: str) -> None:
        choices = Choices(self._rows)
        if name not in self._offered or choices.default_among(
            [card for card in self._cards if card.name != name]
        ):
            return
        raise LastModel(
            f"{name} is the only model that draws for everybody; without it nobody could. Make another one "
            "available first, or drain the queue to stop drawing."
        )

    def _default(self) -> ModelChoice | None:
        return self._first(Stage.DEFAULT)

    def _first(self, stage: Stage, *, but: str = "") -> ModelChoice | None:
        return _first(self._rows.values(), stage, but=but)

    def _weights_of(self, name: str) -> str | None:
        card = self._offered.get(name)
        return card.weights_sha256 if card else None


def before_of(session: Session, now: ModelChoice | None, cards: list[ModelCard]) -> Before | None:
    """Return the default before `now`, None where there was none."""
    came = repository.became_default(session, now.model) if now else None
    if now is None or came is None or came.replaced is None:
        return None
    name, then = came.replaced, came.replaced_sha256
    card = next((one for one in cards if one.name == name), None)
    hindrance = ""
    if card is None:
        hindrance = f"{name} was the default before, and is not offered any more."
    elif then and card.weights_sha256 != then:
        hindrance = (
            f"{name} was the default before, with other weights than it has now ({then[:12]} then, "
            f"{card.weights_sha256[:12]} now). Look at it, and make it the default as any other."
        )
    return Before(name, then, hindrance)


def default_in(rows: Iterable[ModelChoice]) -> ModelChoice | None:
    """Return the row of the default, if one was chosen."""
    return _first(rows, Stage.DEFAULT)


def _first(rows: Iterable[ModelChoice], stage: Stage, *, but: str = "") -> ModelChoice | None:
    return next((row for row in rows if row.stage is stage and row.model != but), None)


def _check_words(wanted: ModelChange) -> None:
    problems = []
    if wanted.stage is Stage.RETIRED and not wanted.reason:
        problems.append(("reason", "say why, for whoever asks for it", "at least 1 character"))
    if wanted.stage is Stage.CANARY and wanted.share is None:
        problems.append(("share", "say for how many percent of the people it draws", "1 to 50"))
    if wanted.stage is not Stage.CANARY and wanted.share is not None:
        problems.append(("share", "only a canary has a share", "left out"))
    if problems:
        fields = [
            FieldProblem(field=name, message=message, limit=limit)
            for name, message, limit in problems
        ]
        raise Unprocessable(f"{fields[0].field}: {fields[0].message}", fields=fields)


def _no_such_move(row: ModelChoice, stage: Stage) -> Conflict:
    if row.stage is Stage.DEFAULT:
        return Conflict(f"{row.model} is the default. Make another one the default first.")
    listed = ", ".join(one for one in Stage if one in MOVES[row.stage])
    limit = f"one of {listed}"
    message = f"{row.model} is {row.stage}; from there it can be made {listed}, not {stage}"
    return Conflict(
        f"{message}.", fields=[FieldProblem(field="stage", message=message, limit=limit)]
    )


def _told(move: ModelMove) -> dict[str, str]:
    """Return what the audit says of a move; what there is not is left out."""
    told = {
        "from": move.before,
        "to": move.after,
        "share": move.share and str(move.share),
        "reason": move.reason,
        "weights_sha256": move.weights_sha256,
    }
    return {name: str(value) for name, value in told.items() if value}
