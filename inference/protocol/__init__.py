"""The contract of a generation: what is asked, what is heard while it runs, how it can fail.

    parameters   GenerationRequest, GenerationParameters, ModelCard   what is asked, of which model
    checks       what a single value may be, and what is told to who sends another
    pictures     Pictures, Fit, Margins, MaskedArea               what is drawn over, and how
    events       Queued … Done                                        what is heard while it runs
    errors       InferenceError and below                             how it can fail
    loras        LoraUse, LoraCard, wrong_lora                        which LoRAs, and how much of each
    prompts      read_prompt, ReadPrompt, PromptLength                how a prompt is understood
    wildcards    read_template, as_characters                         how one is that leaves words open
    resolving    drawn                                                which words a seed chooses
    outcomes     outcomes_of, refusals_of                             what can come of it
    client       InferenceClient                                      who draws it

Import from here; the modules are for reading. Plain pydantic: no torch, Ray, SQL or web framework is
imported, so that the form, the API, the row, the engine and the file's metadata can all hold the same
`GenerationParameters`.
"""

from __future__ import annotations

from inference.protocol.checks import MAX_PROMPT_CHARACTERS
from inference.protocol.client import InferenceClient, InferenceHealth
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
    WrongLora,
    wrong_lora,
)
from inference.protocol.outcomes import MAX_WAYS, Refusal, outcomes_of, refusals_of
from inference.protocol.parameters import (
    MAX_SEED,
    RANDOM_SEED,
    GenerationParameters,
    GenerationRequest,
    ModelCard,
    ModelDefaults,
    Priority,
    Scheduler,
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
from inference.protocol.wildcards import MAX_DEPTH, as_characters, read_template

__all__ = [
    "AROUND_THE_MASK",
    "MAX_CHUNKS",
    "MAX_DEPTH",
    "MAX_LORAS",
    "MAX_PICTURE_BYTES",
    "MAX_PROMPT_CHARACTERS",
    "MAX_SCALE",
    "MAX_SEED",
    "MAX_WAYS",
    "MAX_WEIGHT",
    "MIN_SCALE",
    "MIN_WEIGHT",
    "RANDOM_SEED",
    "Broken",
    "Canceled",
    "Done",
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
    "ModelCard",
    "ModelDefaults",
    "Overloaded",
    "Pictures",
    "Preview",
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
    "WrongLora",
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
    "wrong_lora",
]
