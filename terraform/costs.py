#!/usr/bin/env python3
"""Estimate what a month costs: `python3 terraform/costs.py` prints the tables of terraform/README.md.

Everything is computed from prices.toml beside it, which says what is believed and since when; nothing is measured.
Needs nothing but Python 3.11.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

Given = dict[str, Any]
PRICES = Path(__file__).with_name("prices.toml")
# How three L4s are had: the floor, which is never spot, and the rest.
FLEETS = {
    "3 on demand": (3, 0),
    "1 on demand as floor, 2 spot": (1, 2),
    "3 spot, no floor (for comparison: it may stand still)": (0, 3),
}


def fixed(given: Given) -> dict[str, float]:
    """Return what a month costs whether anybody draws or not, in USD, by what it is for."""
    unit, amount, hours = given["unit"], given["amount"], given["hours_a_month"]
    sql = (
        amount["sql_cores"] * unit["sql_core_hour"] + amount["sql_memory_gb"] * unit["sql_gb_hour"]
    )
    disk = amount["system_nodes"] * amount["system_disk_gb"] * unit["balanced_disk_gb_month"]
    stored = sum(amount[name] for name in ("images_gb", "weights_gb", "backups_gb"))
    return {
        "cluster": hours * unit["cluster_hour"],
        "machines without a GPU": amount["system_nodes"] * hours * unit["e2_standard_4_hour"]
        + disk,
        "database, two zones": 2 * (hours * sql + amount["sql_disk_gb"] * unit["sql_disk_gb_month"])
        + amount["sql_backup_gb"] * unit["sql_backup_gb_month"],
        "buckets": stored * unit["storage_gb_month"],
        "load balancer and its rules": hours * unit["load_balancer_hour"]
        + unit["security_policy_month"]
        + amount["security_rules"] * unit["security_rule_month"],
        "NAT": hours * unit["nat_machine_hour"] * (amount["system_nodes"] + 3),
        "traffic": amount["egress_gb"] * unit["egress_gb"],
        "keys": amount["key_versions"] * unit["key_version_month"],
    }


def gpus(given: Given, floor: int, spot: int, *, always: bool) -> float:
    """Return what GPUs cost in a month, in USD: the floor always, the rest always or in working hours."""
    unit, month = given["unit"], given["hours_a_month"]
    hours = month if always else given["amount"]["working_hours"]
    disk_hour = given["amount"]["gpu_disk_gb"] * unit["balanced_disk_gb_month"] / month
    stays = 1 if floor else 0
    rest = (floor - stays) * (unit["g2_standard_8_hour"] + disk_hour)
    rest += spot * (unit["g2_standard_8_spot_hour"] + disk_hour)
    return float(stays * month * (unit["g2_standard_8_hour"] + disk_hour) + hours * rest)


def tables(given: Given) -> str:
    """Return both tables as Markdown, in whole USD a month."""
    rows = fixed(given)
    rest = sum(rows.values())
    when = f"list prices of {given['region']} as believed on {given['as_believed_on']}: check them"
    out = [
        f"| three L4, USD a month ({when}) | GPUs day and night | all | GPUs in working hours | all |",
        "|---|---:|---:|---:|---:|",
    ]
    for name, (floor, spot) in FLEETS.items():
        day, work = (gpus(given, floor, spot, always=always) for always in (True, False))
        out.append(
            f"| {name} | {day:,.0f} | {day + rest:,.0f} | {work:,.0f} | {work + rest:,.0f} |"
        )
    out += ["", "| beside the GPUs | USD a month |", "|---|---:|"]
    out += [f"| {name} | {cost:,.0f} |" for name, cost in rows.items()]
    out += [f"| together | {rest:,.0f} |", ""]
    return "\n".join(out)


if __name__ == "__main__":
    sys.stdout.write(tables(tomllib.loads(PRICES.read_text())))
