"""Copies with one mistake each, to show that every check can fail, and that what it says leads to the mistake."""

from __future__ import annotations

import pytest

from tests.deploy.terraform.running import ENVIRONMENT, Workspace

pytestmark = pytest.mark.deploy
# What terraform itself finds: a file, a mistake in it, and what is said of it.
INVALID = {
    "a typing error in an argument": (
        "modules/cluster/main.tf",
        ("enable_private_nodes = true\n  }\n\n  node_config", "enable_private_node = true\n  }\n\n  node_config"),
        'An argument named "enable_private_node" is not expected here. Did you mean "enable_private_nodes"?',
    ),
    "a wrong type": (
        "modules/cluster/main.tf",
        ("disk_size_gb    = 100", 'disk_size_gb    = "much"'),
        'Inappropriate value for attribute "disk_size_gb": a number is required',
    ),
    "a required argument left out": (
        "modules/gpu_nodes/main.tf",
        ('gpu_driver_version = "LATEST"', ""),
        'The argument "gpu_driver_version" is required',
    ),
    "a block that there is not": (
        "modules/bucket/main.tf",
        ("  versioning {", "  versions {"),
        'Blocks of type "versions" are not expected here.',
    ),
    "a resource that there is not": (
        "modules/registry/main.tf",
        ('resource "google_artifact_registry_repository" "this"', 'resource "google_artifact_registry" "this"'),
        'does not support resource type "google_artifact_registry"',
    ),
    "an attribute that there is not": (
        "modules/edge/outputs.tf",
        ("google_compute_global_address.this.address", "google_compute_global_address.this.adress"),
        'no argument, nested block, or exported attribute named "adress"',
    ),
    "a variable that was not declared": (
        "modules/monitoring/main.tf",
        ("path         = var.path", "path         = var.page"),
        'An input variable with the name "page" has not been declared',
    ),
    "a module without what it must be given": (
        f"{ENVIRONMENT}/main.tf",
        ("  emails      = var.alert_emails\n", ""),
        'The argument "emails" is required',
    ),
    "an output that a module has not": (
        f"{ENVIRONMENT}/outputs.tf",
        ("module.edge.address_name", "module.edge.adress_name"),
        'does not have an attribute named "adress_name"',
    ),
}  # fmt: skip
# What a module's own tests find: what was done to it, and what they say.
WRONG = {
    "a cluster without protection": (
        "modules/cluster/main.tf",
        ("deletion_protection      = var.deletion_protection", "deletion_protection      = false"),
        "the cluster can be destroyed by mistake",
    ),
    "a database with an address": (
        "modules/database/main.tf",
        ("ipv4_enabled    = false", "ipv4_enabled    = true"),
        "the database has a public address",
    ),
    "a floor of spot machines": (
        "modules/gpu_nodes/main.tf",
        ("gpu-floor     = { spot = false", "gpu-floor     = { spot = true"),
        "the pools are not what they are called",
    ),
    "a budget in silence": (
        "modules/budget/variables.tf",
        ("[0.5, 0.8, 1.0]\n\n", "[1.0]\n\n"),
        "people are not told at 50, 80 and 100 %",
    ),
    "a variable that takes anything": (
        "modules/bucket/variables.tf",
        ('startswith(one.member, "serviceAccount:")', 'one.member != ""'),
        "Missing expected failure",
    ),
}


def _break(workspace: Workspace, file: str, change: tuple[str, str]) -> str:
    """Make the mistake; return the folder it is in."""
    path = workspace.root / file
    text = path.read_text()
    assert change[0] in text
    path.write_text(text.replace(*change, 1))
    return file.rpartition("/")[0]


@pytest.mark.parametrize("mistake", INVALID)
def test_terraform_finds(workspace: Workspace, mistake: str) -> None:
    file, change, message = INVALID[mistake]
    folder = _break(workspace, file, change)
    ready = workspace.init(folder)
    found = workspace.run(folder, "validate", "-no-color") if ready.ok else ready
    assert not found.ok
    assert message in found.text


@pytest.mark.parametrize("mistake", WRONG)
def test_the_modules_own_tests_find(workspace: Workspace, mistake: str) -> None:
    file, change, message = WRONG[mistake]
    folder = _break(workspace, file, change)
    assert workspace.init(folder).ok
    found = workspace.run(folder, "test", "-no-color")
    assert not found.ok
    assert message in found.text


def test_what_is_not_formatted_is_found(workspace: Workspace) -> None:
    _break(workspace, "modules/budget/main.tf", ("  billing_account = ", "  billing_account="))
    assert not workspace.run(".", "fmt", "-check", "-recursive").ok


def test_a_message_reaches_whoever_applies(workspace: Workspace) -> None:
    """A value that is refused is answered with its name, the limit and a good value, before anything is made."""
    assert workspace.init_here(ENVIRONMENT).ok
    given = ("-input=false", "-no-color", "-var-file=terraform.tfvars.example")
    found = workspace.run(ENVIRONMENT, "plan", *given, "-var=gpu_limit=3")
    assert not found.ok
    assert "gpu_limit must be at least" in found.text
    assert "such as 8 for 3 + 3 + 2" in found.text
