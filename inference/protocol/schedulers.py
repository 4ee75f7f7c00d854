"""The samplers, by name. What each of them does is `inference.solvers`'."""

from __future__ import annotations

from enum import StrEnum


class Scheduler(StrEnum):
    """The samplers offered, by the names diffusers' users know."""

    DDIM = "ddim"
    EULER = "euler"
    EULER_KARRAS = "euler_karras"
    EULER_A = "euler_a"
    DPMPP_2M = "dpmpp_2m"
    DPMPP_2M_KARRAS = "dpmpp_2m_karras"
    LCM = "lcm"
    TCD = "tcd"
