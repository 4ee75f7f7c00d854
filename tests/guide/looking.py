"""Reads commands that cannot be run here: what they name has to exist. Each check returns complaints, worded for who writes."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path, PurePosixPath
from typing import Final

from tests.guide import known, words
from tests.guide.blocks import ROOT, Block

_SHORT: Final = {"deploy": "deployment", "sts": "statefulset", "svc": "service", "cj": "cronjob"}
_FOLDERS: Final = frozenset(
    {"assets", "backend", "containers", "docs", "inference", "k8s", "loadtests", "terraform"}
)
_FUNCTION: Final = re.compile(r"^(\w+)\(\) *\{", re.MULTILINE)
_FILLED: Final = ("$", "SUBSTITUTED", "…", "*")
# Made by the commands of the guide themselves, or by Terraform; git ignores them.
_MADE: Final = frozenset({"backend.hcl", "terraform.tfvars", "terraform.tfstate", ".terraform.lock.hcl"})  # fmt: skip


def complaints(blocks: list[Block]) -> list[str]:
    """Return what is wrong with the blocks of one page, read in their order: `cd` holds for those that follow."""
    where = PurePosixPath()
    functions = {name for block in blocks for name in _FUNCTION.findall(block.text)}
    found = []
    for block in blocks:
        if told := _unparsed(block.text):
            found.append(f"{block}: {told}")
            continue
        for command in words.commands(block.text):
            if command[0] == "cd" and len(command) > 1:
                where = _moved(where, command[1])
            if command[0] not in functions:
                found += [f"{block}: {told}" for told in _wrong(command, where)]
        found += [f"{block}: {told}" for told in _unknown_settings(block.text)]
    return found


def _unparsed(text: str) -> str | None:
    done = subprocess.run(
        ["/bin/bash", "-n"], input=text, capture_output=True, text=True, check=False
    )
    return f"bash does not read it: {done.stderr.strip()}" if done.returncode else None


def _moved(where: PurePosixPath, to: str) -> PurePosixPath:
    if to in {"atelier", "-"} or to.startswith(("/", "$", "~")):
        return PurePosixPath()
    parts = list(where.parts)
    for part in PurePosixPath(to).parts:
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return PurePosixPath(*parts)


def _unknown_settings(text: str) -> list[str]:
    named = set(known.OURS.findall(text))
    return [f"{name} is no setting (docs/settings.md)" for name in sorted(named - known.settings())]


def _wrong(command: list[str], where: PurePosixPath) -> Iterator[str]:
    program, rest = PurePosixPath(command[0]).name, command[1:]
    if program not in known.PROGRAMS and not command[0].startswith(_FILLED):
        yield f"{command[0]}: no program that the guide knows (tests/guide/known.py)"
    match program:
        case "atelier":
            yield from _atelier(rest)
        case "make":
            yield from (f"make {one}: no such target" for one in rest if _is_target(one))
        case "python" | "python3":
            yield from _python(rest)
        case "kubectl":
            yield from _kubectl(rest, where)
        case "terraform":
            yield from _terraform(rest, where)
        case "gcloud":
            yield from _gcloud(rest)
        case "cd":
            if not _there(str(where)):
                yield f"{where}: no such folder"
            return
    yield from _paths(rest, where)


def _is_target(word: str) -> bool:
    return "=" not in word and not word.startswith("-") and word not in known.targets()


def _atelier(rest: list[str]) -> Iterator[str]:
    command = known.command_line()
    seen = "atelier"
    for word in rest:
        if word.startswith("-"):
            options = {name for one in command.params for name in (*one.opts, *one.secondary_opts)}
            if word.split("=")[0] not in {*options, "--help"}:
                yield f"{seen} has no option {word}"
        elif hasattr(command, "commands"):
            if word not in command.commands:
                yield f"{seen} {word}: no such command"
                return
            command, seen = command.commands[word], f"{seen} {word}"


def _python(rest: list[str]) -> Iterator[str]:
    if rest[:1] == ["-m"]:
        module = rest[1].replace(".", "/")
        if module.split("/")[0] in _FOLDERS and not (_there(module) or _there(f"{module}.py")):
            yield f"python -m {rest[1]}: no such module"


def _kubectl(rest: list[str], where: PurePosixPath) -> Iterator[str]:
    for before, word in pairwise(rest):
        if before in {"-n", "--namespace"} and word not in known.NAMESPACES:
            yield f"namespace {word}: not one of {', '.join(sorted(known.NAMESPACES))}"
        if before in {"-k", "kustomize"}:
            yield from _kustomization(_moved(where, word))
        if before == "-f" and not word.startswith(("-", "https://")) and not _there(str(_moved(where, word))):  # fmt: skip
            yield f"{word}: no such file"
    yield from _secret(rest)
    yield from _asked_for(rest)


def _kustomization(folder: PurePosixPath) -> Iterator[str]:
    if not _there(f"{folder}/kustomization.yaml"):
        yield f"{folder}: no kustomization there"
    elif (kubectl := shutil.which("kubectl")) and (told := known.renders(ROOT / folder, kubectl)):
        yield f"{folder}: does not render: {told}"


def _secret(rest: list[str]) -> Iterator[str]:
    if rest[:1] and "generic" in rest:
        name = rest[rest.index("generic") + 1]
        keys = {one.split("=")[1] for one in rest if one.startswith("--from-")}
        asked = known.cluster_secrets().get(name)
        if asked is None:
            yield f"secret {name}: no manifest asks for it"
        elif keys != asked:
            yield f"secret {name}: has {sorted(keys)}, and the manifests ask for {sorted(asked)}"


def _asked_for(rest: list[str]) -> Iterator[str]:
    if "keda" in rest or "kuberay-system" in rest:
        return
    for word in rest[: rest.index("--")] if "--" in rest else rest:
        kind, slash, name = word.partition("/")
        kind = _SHORT.get(kind, kind)
        kinds = {one.split("/")[0] for one in known.objects()}
        if slash and kind in kinds and f"{kind}/{name}" not in known.objects():
            yield f"{word}: no manifest has it"


def _terraform(rest: list[str], where: PurePosixPath) -> Iterator[str]:
    changed = [one.removeprefix("-chdir=") for one in rest if one.startswith("-chdir=")]
    folder = str(_moved(where, changed[0]) if changed else where)
    if not known.terraform(folder, "output"):
        yield f"terraform in {folder}: nothing of Terraform's lies there"
        return
    for before, word in pairwise(rest):
        name = word.split("=")[0]
        if before == "-var" and name not in known.terraform(folder, "variable"):
            yield f"{folder} has no variable {name}"
    if "output" in rest:
        for word in rest[rest.index("output") + 1 :]:
            if not word.startswith("-") and word not in known.terraform(folder, "output"):
                yield f"{folder} has no output {word}"


def _gcloud(rest: list[str]) -> Iterator[str]:
    if rest[:3] in (["secrets", "versions", "add"], ["secrets", "versions", "access"]):
        for word in rest[3:]:
            if word.startswith("atelier-") and word not in known.cloud_secrets():
                yield f"secret {word}: Terraform makes none of that name"


def _paths(rest: list[str], where: PurePosixPath) -> Iterator[str]:
    for word in rest:
        path = word.rpartition("=")[2].rstrip("/")
        if any(mark in path for mark in _FILLED) or PurePosixPath(path).name in _MADE:
            continue
        ours = "/" in path and path.split("/")[0] in {*_FOLDERS, ".."}
        if ours and not _there(str(_moved(where, path))):
            yield f"{word}: no such file"


def _there(path: str) -> bool:
    return path in {"", "."} or path in known.tracked() or Path(ROOT, path).is_file()
