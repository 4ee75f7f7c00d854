"""The contract of a generation: what is asked, what is heard while it runs, how it can fail.

    parameters   GenerationRequest, GenerationParameters                what is asked
    models       ModelCard, ModelDefaults                               of which model
    checkers     CheckerCard                                            who looks at the finished images
    schedulers   Scheduler                                              by which sampler
    drafts       Decoder, DraftSettings, wrong_decoder                  how drafts are drawn
    checks       what a single value may be, and what is told to who sends another
    pictures     Pictures, Fit, Margins, MaskedArea                     what is drawn over, and how
    events       Queued … Done                                          what is heard while it runs
    errors       InferenceError and below                               how it can fail
    upscaling    Upscale, UpscaleMethod                                 how a picture is made larger
    controls     ControlUse, ControlCard, wrong_control                 which shapes to draw by
    embeddings   EmbeddingCard                                          words that stand for learned vectors
    loras        LoraUse, LoraCard, wrong_lora                          which LoRAs, and how much of each
    offered      Wrong                                                  why a model has not what was asked for
    prompts      read_prompt, ReadPrompt, PromptLength                  how a prompt is understood
    wildcards    read_template, as_characters                           how one is that leaves words open
    resolving    drawn                                                  which words a seed chooses
    outcomes     outcomes_of, refusals_of                               what can come of it
    client       InferenceClient                                        who draws it

Import from here; the modules are for reading. Plain pydantic: no torch, Ray, SQL or web framework is
imported, so that the form, the API, the row, the engine and the file's metadata can all hold the same
`GenerationParameters`.
"""

from __future__ import annotations

from inference.protocol.checkers import MAX_SCOPE, CheckerCard
from inference.protocol.checks import MAX_PROMPT_CHARACTERS
from inference.protocol.client import InferenceClient, InferenceHealth
from inference.protocol.controls import (
    MAX_CONTROLS,
    ControlCard,
    ControlKind,
    ControlUse,
    Preparation,
    wrong_control,
)
from inference.protocol.drafts import Decoder, DraftSettings, wrong_decoder
from inference.protocol.embeddings import EmbeddingCard
from inference.protocol.errors import (
    Broken,
    Canceled,
    InferenceError,
    InvalidParameters,
    Overloaded,
    Refused,
    Unavailable,
    UnknownGeneration,
    UnknownModel,
    error_of,
    problem_of,
)
from inference.protocol.events import (
    Done,
    Failed,
    GenerationEvent,
    ImageReady,
    MeasuredPreview,
    Preview,
    Progress,
    Queued,
    SafetyScores,
    Started,
    generation_event,
)
from inference.protocol.loras import (
    MAX_LORAS,
    MAX_SCALE,
    MIN_SCALE,
    LoraCard,
    LoraUse,
    wrong_lora,
)
from inference.protocol.models import ModelCard, ModelDefaults, Warmth
from inference.protocol.offered import Wrong
from inference.protocol.outcomes import MAX_WAYS, Refusal, outcomes_of, refusals_of
from inference.protocol.parameters import (
    MAX_SEED,
    RANDOM_SEED,
    GenerationParameters,
    GenerationRequest,
    PreviewsWanted,
    Priority,
    new_generation_id,
)
from inference.protocol.pictures import (
    AROUND_THE_MASK,
    MAX_PICTURE_BYTES,
    Fit,
    Margins,
    MaskedArea,
    Pictures,
)
from inference.protocol.prompts import (
    MAX_CHUNKS,
    MAX_WEIGHT,
    MIN_WEIGHT,
    PromptLength,
    PromptNote,
    PromptPart,
    ReadPrompt,
    read_prompt,
    without_loras,
)
from inference.protocol.resolving import drawn
from inference.protocol.schedulers import Scheduler
from inference.protocol.upscaling import (
    FACTORS,
    LARGEST_SIDE,
    USUAL_STRENGTH,
    Upscale,
    UpscaleMethod,
)
from inference.protocol.wildcards import MAX_DEPTH, as_characters, read_template

__all__ = [
    "AROUND_THE_MASK",
    "FACTORS",
    "LARGEST_SIDE",
    "MAX_CHUNKS",
    "MAX_CONTROLS",
    "MAX_DEPTH",
    "MAX_LORAS",
    "MAX_PICTURE_BYTES",
    "MAX_PROMPT_CHARACTERS",
    "MAX_SCALE",
    "MAX_SCOPE",
    "MAX_SEED",
    "MAX_WAYS",
    "MAX_WEIGHT",
    "MIN_SCALE",
    "MIN_WEIGHT",
    "RANDOM_SEED",
    "USUAL_STRENGTH",
    "Broken",
    "Canceled",
    "CheckerCard",
    "ControlCard",
    "ControlKind",
    "ControlUse",
    "Decoder",
    "Done",
    "DraftSettings",
    "EmbeddingCard",
    "Failed",
    "Fit",
    "GenerationEvent",
    "GenerationParameters",
    "GenerationRequest",
    "ImageReady",
    "InferenceClient",
    "InferenceError",
    "InferenceHealth",
    "InvalidParameters",
    "LoraCard",
    "LoraUse",
    "Margins",
    "MaskedArea",
    "MeasuredPreview",
    "ModelCard",
    "ModelDefaults",
    "Overloaded",
    "Pictures",
    "Preparation",
    "Preview",
    "PreviewsWanted",
    "Priority",
    "Progress",
    "PromptLength",
    "PromptNote",
    "PromptPart",
    "Queued",
    "ReadPrompt",
    "Refusal",
    "Refused",
    "SafetyScores",
    "Scheduler",
    "Started",
    "Unavailable",
    "UnknownGeneration",
    "UnknownModel",
    "Upscale",
    "UpscaleMethod",
    "Warmth",
    "Wrong",
    "as_characters",
    "drawn",
    "error_of",
    "generation_event",
    "new_generation_id",
    "outcomes_of",
    "problem_of",
    "read_prompt",
    "read_template",
    "refusals_of",
    "without_loras",
    "wrong_control",
    "wrong_decoder",
    "wrong_lora",
]
