"""docs/guide can be followed: every command block has a kind, and what it names exists. What can be run is run by journeys/test_guide."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from inference.hosting import free_port
from tests.fixtures.tools import needed
from tests.guide import looking
from tests.guide.blocks import ROOT, BadBlock, Block, agrees, blocks_of, chapters

PAGES = [page.name for page in chapters()]
LONGEST = 250
FILES = ROOT / "docs/guide/files"


def blocks(page: str) -> list[Block]:
    return blocks_of(page, (ROOT / "docs/guide" / page).read_text())


@pytest.mark.parametrize("page", PAGES)
def test_what_its_commands_name_exists(page: str) -> None:
    assert looking.complaints(blocks(page)) == []


@pytest.mark.parametrize("page", PAGES)
def test_no_chapter_is_long(page: str) -> None:
    assert len((ROOT / "docs/guide" / page).read_text().splitlines()) <= LONGEST


def test_the_map_names_every_chapter() -> None:
    text = (ROOT / "docs/guide/README.md").read_text()
    assert [page for page in PAGES[1:] if f"]({page})" not in text] == []


def test_there_are_blocks_of_every_kind() -> None:
    assert {one.kind for page in PAGES for one in blocks(page)} == {"run", "host", "cluster", "cloud"}  # fmt: skip


def test_a_block_without_a_kind_is_refused_by_line() -> None:
    with pytest.raises(BadBlock, match=r"page\.md:3: .* ```sh run"):
        blocks_of("page.md", "# Page\n\n```sh\nls\n```\n")
    with pytest.raises(BadBlock, match="run, host, cluster, cloud"):
        blocks_of("page.md", "```sh soon\nls\n```\n")


def test_other_fences_are_left_alone_and_text_behind_a_block_is_what_it_prints() -> None:
    found = blocks_of("p.md", "```toml\na = 1\n```\n```sh run\nls\n```\n\n```text\nb\n```\n```text\nc\n```\n")  # fmt: skip
    assert [(one.kind, one.text, one.printed) for one in found] == [("run", "ls\n", "b\n")]
    [apart] = blocks_of("p.md", "```sh run\nls\n```\n\nFor example:\n\n```text\nb\n```\n")
    assert apart.printed is None


@pytest.mark.parametrize(
    ("printed", "came", "same"),
    [
        ("one\ntwo", "one\ntwo\n", True),
        ("one\ntwo", "one\nthree\n", False),
        ("id …, 3 rows", "id 01k9, 3 rows\n", True),
        ("id …, 3 rows", "id 01k9, 4 rows\n", False),
        ("…\nlast", "first\nsecond\nlast\n", True),
        ("…\nlast", "last\n", True),
        ("first", "first\nand more\n", False),
    ],
)
def test_what_is_printed_is_compared(printed: str, came: str, *, same: bool) -> None:
    assert agrees(printed, came) is same


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("host", "if true; then echo\n", "bash does not read it"),
        ("host", "frobnicate --now\n", "frobnicate: no program"),
        ("host", "make soup\n", "make soup: no such target"),
        ("host", "sudo -u atelier .venv/bin/atelier bakcup /x\n", "atelier bakcup: no such command"),
        ("host", "atelier queue retry --hard ID\n", "atelier queue retry has no option --hard"),
        ("host", 'key="$(atelier make-key)"\n', "atelier make-key: no such command"),
        ("host", "ATELIER_DATABASE=x atelier up\n", "ATELIER_DATABASE is no setting"),
        ("host", "python -m loadtests.nothing\n", "python -m loadtests.nothing: no such module"),
        ("host", "cp docs/guide/files/none.service /etc\n", "docs/guide/files/none.service: no such file"),
        ("cluster", "kubectl apply -k k8s/overlays/nowhere\n", "k8s/overlays/nowhere: no kustomization"),
        ("cluster", "kubectl apply -f k8s/base/none.yaml\n", "k8s/base/none.yaml: no such file"),
        ("cluster", "kubectl -n atelierr get pods\n", "namespace atelierr: not one of"),
        ("cluster", "kubectl -n atelier logs deploy/apis\n", "deploy/apis: no manifest has it"),
        ("cluster", "kubectl -n atelier exec deploy/api -- atelier migrat\n", "atelier migrat: no such"),
        ("cluster", "kubectl create secret generic stduio --from-literal=secret-key=x\n", "no manifest asks"),
        ("cluster", "kubectl create secret generic studio --from-literal=secret-key=x\n", "the manifests ask for"),
        ("cloud", "terraform -chdir=terraform/environments/gke output -raw image\n", "has no output image"),
        ("cloud", "cd terraform/bootstrap\nterraform apply -var project=x\n", "has no variable project"),
        ("cloud", "terraform -chdir=terraform/environments/aws init\n", "nothing of Terraform's lies there"),
        ("cloud", "gcloud secrets versions add atelier-key --data-file=-\n", "Terraform makes none"),
    ],
)  # fmt: skip
def test_a_broken_block_is_found(kind: str, text: str, said: str) -> None:
    [complaint, *_] = looking.complaints([Block("page.md", 1, kind, text)])
    assert said in complaint


def test_what_is_right_is_left_alone(tmp_path: Path) -> None:
    text = (
        "cd terraform/environments/gke && cp terraform.tfvars.example terraform.tfvars\n"
        "images=$(terraform output -raw images)\n"
        "cd ../../..\n"
        'kubectl create secret generic metrics-token --from-literal=token="$(openssl rand -hex 32)"\n'
        "kubectl -n atelier exec deploy/api -- atelier create-key --email you@example.com --role admin\n"
        f"cat > {tmp_path}/x <<'END'\nwhatever stands here\nEND\n"
    )
    assert looking.complaints([Block("page.md", 1, "cloud", text)]) == []


def said_of_units(folder: Path) -> str:
    """What systemd says of the guide's units, with programs that are there in place of those of the server."""
    for unit in FILES.glob("atelier*"):
        text = unit.read_text().replace("/opt/atelier/.venv/bin/atelier", "/bin/true")
        (folder / unit.name).write_text(
            re.sub(r"^(User|Group)=.*", r"\1=daemon", text, flags=re.MULTILINE)
        )
    program = needed("systemd-analyze", package="systemd", lost="the units of docs/guide/files")
    done = subprocess.run(
        [program, "verify", "--man=no", *map(str, sorted(folder.glob("atelier*")))],
        env={"SYSTEMD_UNIT_PATH": f"{folder}:"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return "\n".join(line for line in done.stderr.splitlines() if "atelier" in line)


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    assert said_of_units(tmp_path) == ""


def test_a_broken_unit_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "atelier-broken.service").write_text("[Service]\nExecStart=/bin/true\nRestrat=no\n")
    assert "Restrat" in said_of_units(tmp_path)


def test_the_units_run_commands_that_there_are() -> None:
    run = [
        line.removeprefix("ExecStart=") for unit in FILES.glob("*.service")
        for line in unit.read_text().splitlines() if line.startswith("ExecStart=")
    ]  # fmt: skip
    assert len(run) == 3
    assert looking.complaints([Block("unit", 1, "host", "\n".join(run))]) == []


def said_of_nginx(text: str, folder: Path) -> str:
    nginx = needed("nginx", package="nginx", lost="docs/guide/files/nginx.conf")
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    subprocess.run(
        [shutil.which("openssl") or "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-subj", "/CN=studio.example.com", "-keyout", key, "-out", certificate],
        capture_output=True, check=True,
    )  # fmt: skip
    text = re.sub(r"/etc/letsencrypt/live/[^/]+", str(folder), text)
    text = re.sub(r"listen \d+", lambda _: f"listen 127.0.0.1:{free_port()}", text)
    whole = folder / "nginx.conf"
    whole.write_text(
        f"pid {folder}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\n{text}\n}}\n"
    )
    done = subprocess.run(
        [nginx, "-t", "-p", folder, "-c", whole], capture_output=True, text=True, check=False
    )
    return "" if done.returncode == 0 else done.stderr


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    text = (FILES / "nginx.conf").read_text()
    assert said_of_nginx(text, tmp_path) == ""
    assert "proxy_bufering" in said_of_nginx(text.replace("proxy_buffering", "proxy_bufering"), tmp_path)  # fmt: skip
