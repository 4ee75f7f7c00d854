"""The one list of what the studio keeps of a person. Export and erasure both go by it.

A test reads the schema and fails for a table, or a column that refers to a person, that is on no list here: whoever
adds one decides what becomes of it when its person leaves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, inspect, or_, select
from sqlmodel import SQLModel, col

from backend.accounts.models import ApiKey, User, UserSession
from backend.comments.models import Comment
from backend.comparisons.models import Comparison, ComparisonPair, ComparisonVote
from backend.galleries.models import Gallery, GalleryImage, GalleryMember
from backend.generations.models import Generation
from backend.grids.models import Grid, GridCell
from backend.images.models import Image
from backend.library.models import ImageStar, ImageTag, SavedSearch
from backend.likeness.models import ImageLikeness
from backend.links.models import ShareLink
from backend.moderation.models import Appeal, Flag, ImageDecision, SafetyCheck
from backend.presets.models import Preset
from backend.recipes.models import Recipe, RecipeRun, RecipeRunStep
from backend.uploads.models import Upload
from backend.usage.models import UsageCharge
from backend.webhooks.models import Delivery, Webhook

_LEASED: Final = frozenset(
    {"tag", "run_at", "fence", "lease_owner", "lease_until", "cancel_requested", "max_attempts"}
)
_SEARCHED: Final = frozenset({"direction", *(f"band_{n}" for n in range(8))})
ERASED: Final = "erased"


@dataclass(frozen=True)
class Belonging:
    """One kind of rows of a person. `name` is its file in an export and its line in a report.

    `audited_as` begins the subject of its audit entries; `unsaid` are columns that no export shows: secrets, other
    people, and what serves the machinery alone; `files` hold keys of stored files, the first of which is exported.
    """

    name: str
    table: type[SQLModel]
    of: Callable[[str], ColumnElement[bool]]
    audited_as: str = ""
    unsaid: frozenset[str] = frozenset()
    files: tuple[str, ...] = ()

    @property
    def key(self) -> Any:  # noqa: ANN401
        """Its primary key, one column."""
        (column,) = inspect(self.table).primary_key
        return column


def _owned_by(column: Any) -> Callable[[str], ColumnElement[bool]]:  # noqa: ANN401
    return lambda person_id: column == person_id


def _within(column: Any, table: Any) -> Callable[[str], ColumnElement[bool]]:  # noqa: ANN401
    """Return the condition that `column` names a row of `table` of that person."""
    return lambda person_id: column.in_(select(table.id).where(table.owner_id == person_id))


DELIVERIES: Final = Belonging(
    "deliveries", Delivery, _within(col(Delivery.webhook_id), Webhook), "delivery", _LEASED
)
WEBHOOKS: Final = Belonging(
    "webhooks",
    Webhook,
    _owned_by(col(Webhook.owner_id)),
    "webhook",
    frozenset({"secret", "previous_secret"}),
)
APPEALS: Final = Belonging("appeals", Appeal, _within(col(Appeal.image_id), Image))
DECISIONS: Final = Belonging(
    "image_decisions",
    ImageDecision,
    _within(col(ImageDecision.image_id), Image),
    unsaid=frozenset({"by", "asked_by"}),
)
FLAGS: Final = Belonging(
    "flags",
    Flag,
    _within(col(Flag.image_id), Image),
    "flag",
    frozenset({"decided_by", "claimed_by", "claimed_until", "escalated_by", "escalation"}),
)
SAFETY_CHECKS: Final = Belonging(
    "safety_checks", SafetyCheck, _within(col(SafetyCheck.image_id), Image)
)
IMAGES: Final = Belonging(
    "images",
    Image,
    _owned_by(col(Image.owner_id)),
    "image",
    unsaid=frozenset({"result_key"}),
    files=("storage_key", "preview_key", "thumb_key"),
)
LIKENESSES: Final = Belonging(
    "likenesses", ImageLikeness, _within(col(ImageLikeness.image_id), Image), unsaid=_SEARCHED
)
IMAGE_TAGS: Final = Belonging(
    "image_tags",
    ImageTag,
    _within(col(ImageTag.image_id), Image),
    unsaid=frozenset({"added_by", "folded"}),
)
IMAGE_STARS: Final = Belonging(
    "image_stars", ImageStar, _owned_by(col(ImageStar.user_id)), unsaid=frozenset({"user_id"})
)
SAVED_SEARCHES: Final = Belonging(
    "saved_searches", SavedSearch, _owned_by(col(SavedSearch.owner_id))
)
GALLERY_IMAGES: Final = Belonging(
    "gallery_images",
    GalleryImage,
    lambda person_id: or_(
        _within(col(GalleryImage.image_id), Image)(person_id),
        _within(col(GalleryImage.gallery_id), Gallery)(person_id),
    ),
    unsaid=frozenset({"added_by"}),
)
GALLERY_MEMBERS: Final = Belonging(
    "gallery_members",
    GalleryMember,
    lambda person_id: or_(
        col(GalleryMember.user_id) == person_id,
        _within(col(GalleryMember.gallery_id), Gallery)(person_id),
    ),
    unsaid=frozenset({"user_id"}),
)
COMMENTS: Final = Belonging(
    "comments",
    Comment,
    lambda person_id: or_(
        col(Comment.author_id) == person_id, _within(col(Comment.image_id), Image)(person_id)
    ),
    "comment",
    frozenset({"author_id"}),
)
SHARE_LINKS: Final = Belonging(
    "share_links",
    ShareLink,
    lambda person_id: or_(
        col(ShareLink.created_by) == person_id,
        _within(col(ShareLink.gallery_id), Gallery)(person_id),
    ),
    "link",
    frozenset({"token_hash", "password_hash", "created_by"}),
)
GALLERIES: Final = Belonging("galleries", Gallery, _owned_by(col(Gallery.owner_id)), "gallery")
UPLOADS: Final = Belonging(
    "uploads", Upload, _owned_by(col(Upload.owner_id)), "upload", files=("storage_key",)
)
GRID_CELLS: Final = Belonging("grid_cells", GridCell, _within(col(GridCell.grid_id), Grid))
GRIDS: Final = Belonging(
    "grids", Grid, _owned_by(col(Grid.owner_id)), unsaid=frozenset({"request_hash"})
)
RECIPE_RUN_STEPS: Final = Belonging(
    "recipe_run_steps", RecipeRunStep, _within(col(RecipeRunStep.run_id), RecipeRun)
)
RECIPE_RUNS: Final = Belonging(
    "recipe_runs",
    RecipeRun,
    _owned_by(col(RecipeRun.owner_id)),
    "run",
    frozenset({"request_hash"}),
)
RECIPES: Final = Belonging("recipes", Recipe, _owned_by(col(Recipe.owner_id)), "recipe")
COMPARISON_VOTES: Final = Belonging(
    "comparison_votes",
    ComparisonVote,
    lambda person_id: or_(
        col(ComparisonVote.user_id) == person_id,
        col(ComparisonVote.pair_id).in_(
            select(col(ComparisonPair.id)).where(
                _within(col(ComparisonPair.comparison_id), Comparison)(person_id)
            )
        ),
    ),
    unsaid=frozenset({"user_id"}),
)
COMPARISON_PAIRS: Final = Belonging(
    "comparison_pairs", ComparisonPair, _within(col(ComparisonPair.comparison_id), Comparison)
)
COMPARISONS: Final = Belonging(
    "comparisons",
    Comparison,
    _owned_by(col(Comparison.owner_id)),
    "comparison",
    frozenset({"secret"}),
)
PRESETS: Final = Belonging("presets", Preset, _owned_by(col(Preset.owner_id)), "preset")
GENERATIONS: Final = Belonging(
    "generations",
    Generation,
    _owned_by(col(Generation.owner_id)),
    "generation",
    _LEASED | {"request_hash"},
)
CHARGES: Final = Belonging("charges", UsageCharge, _owned_by(col(UsageCharge.user_id)))
API_KEYS: Final = Belonging(
    "api_keys", ApiKey, _owned_by(col(ApiKey.user_id)), "api_key", frozenset({"secret_hash"})
)
SESSIONS: Final = Belonging(
    "sessions",
    UserSession,
    _owned_by(col(UserSession.user_id)),
    unsaid=frozenset({"id_hash", "id_token"}),
)

BELONGINGS: Final = (
    DELIVERIES,
    WEBHOOKS,
    APPEALS,
    DECISIONS,
    FLAGS,
    SAFETY_CHECKS,
    LIKENESSES,
    IMAGE_TAGS,
    IMAGE_STARS,
    SAVED_SEARCHES,
    COMMENTS,
    GALLERY_IMAGES,
    GALLERY_MEMBERS,
    SHARE_LINKS,
    GALLERIES,
    IMAGES,
    UPLOADS,
    COMPARISON_VOTES,
    COMPARISON_PAIRS,
    COMPARISONS,
    PRESETS,
    RECIPES,
    RECIPE_RUN_STEPS,
    RECIPE_RUNS,
    GRID_CELLS,
    GRIDS,
    GENERATIONS,
    CHARGES,
    API_KEYS,
    SESSIONS,
)
"""In the order in which they can be deleted: what refers to something comes before it."""


def erased(person_id: str) -> dict[str, Any]:
    """Return what the columns of an erased account hold: nothing, and nobody can sign in as it."""
    return {
        "issuer": ERASED,
        "subject": person_id,
        "email": "",
        "name": "",
        "pinned_role": None,
        "team_id": None,
        "signed_in_at": None,
    }


ACCOUNT_KEEPS: Final = frozenset({"id", "role", "standing", "created_at"})
"""Columns of an account that an erasure leaves; `erased` names the others."""


def account_of(user: User) -> dict[str, Any]:
    """Return an account as an export shows it."""
    return user.model_dump(mode="json")
