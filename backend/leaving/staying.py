"""What is no belonging of anybody's, or outlives its person: each with why. A test looks that every table is somewhere."""

from __future__ import annotations

from typing import Final

STAYS: Final = {
    "user_account": "An empty account of that id, so that the audit and reviews of others' images still refer to it.",
    "audit_entry": "Who did what and when, by ids alone; the details beside it are erased. Nothing is ever removed "
    "from the chain.",
    "image_tag.added_by": "Which id put a tag on somebody else's image.",
    "gallery_image.added_by": "Which id put somebody else's image into somebody else's gallery.",
    "flag.decided_by": "That this id decided about other people's images; their notes are erased.",
    "flag.escalated_by": "Which id handed a case of somebody else's to administrators; why is erased.",
    "flag.claimed_by": "Which id had a case of somebody else's open; empty once it was decided.",
    "image_decision.by": "Which id decided about other people's images, and took that back; their notes are erased.",
    "image_decision.asked_by": "Which id asked for what took two people.",
    "approval": "That something took two people, without their notes.",
    "approval.asked_by": "Which id asked for it.",
    "approval.confirmed_by": "Which id confirmed it.",
    "invite": "That there were invites, without the notes on them.",
    "invite.created_by": "Which id made them.",
    "invite.used_by": "Which id came in by them.",
    "usage_tally": "How many credits that id spent on which day, so that its team's sums stay true.",
    "quota": "What limits administrators set for that id.",
    "legal_hold": "That there were legal holds, without their reasons.",
    "legal_hold.placed_by": "Which id placed them.",
    "legal_hold.lifted_by": "Which id lifted them.",
    "model_choice.changed_by": "Which id gave models their stages.",
    "model_move.by": "Which id moved models from stage to stage, so that their history stays true.",
    "emergency_stop.by": "Which id stopped something in an emergency.",
    "emergency_stop.lifted_by": "Which id lifted that again.",
    "policy.created_by": "Which id wrote a version of the policy.",
    "policy.proposed_by": "Which id proposed one, so that two people stay behind what was activated.",
    "policy.activated_by": "Which id activated one.",
    "policy_move.by": "Which id moved versions of the policy on, so that their history stays true.",
    "erasure": "This report: numbers and ids.",
    "erasure.person_id": "Who was erased.",
    "erasure.asked_by": "Who asked for it.",
}
"""What refers to a person and outlives an erasure, and why."""

NOBODYS: Final = {
    "role": "roles",
    "role_permission": "roles",
    "role_model": "roles",
    "team": "teams; a person's membership is a column of the account",
    "search_entry": "words of images, beside their rows; gone with them",
    "image_lora": "which LoRAs images were drawn with, beside their rows; gone with them",
    "rate_limit": "who asked often just now; gone within the hour",
    "model_choice": "the stages of models",
    "model_move": "how models came to their stages",
    "emergency_stop": "what was stopped in an emergency, and why",
    "policy": "versions of the policy",
    "policy_move": "how versions of the policy came to their states",
    "queue_clock": "virtual time of the queue, by id",
    "queue_gate": "whether the queue is open",
    "audit_detail": "beside audit_entry; erased",
    "audit_head": "the end of the chain",
    "notice": "what everybody is told; who posted it is in the audit",
    "alembic_version": "the schema",
    "schema_floor": "which programs work with the schema",
}
"""Tables in which nothing is about a person, and what they hold."""
