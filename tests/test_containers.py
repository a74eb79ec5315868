"""What the files for containers say is what the program reads: neither is built here."""

import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))


def settings():
    return set(re.findall(r"FANGYI_[A-Z_]+", (ROOT / "dashboard" / "settings.py").read_text("utf-8")))


def test_every_setting_is_one_that_the_program_reads():
    named = {*re.findall(r"FANGYI_[A-Z_]+", DOCKERFILE), *COMPOSE["services"]["app"]["environment"]}
    assert named <= settings()
    assert {"FANGYI_STORE", "FANGYI_SECRET", "FANGYI_PROXY", "FANGYI_KEYS", "FANGYI_MODE"} <= named


def test_everything_that_is_copied_is_there_and_nothing_that_runs_is_left_out():
    copied = {part for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for part in line.split()[:-1]}
    assert all((ROOT / one).exists() for one in copied)
    assert {"dashboard", "layers", "geo", "assets", "requirements.txt"} <= copied


def test_what_is_copied_is_sent_and_no_data_or_key_is():
    lines = (ROOT / ".dockerignore").read_text("utf-8").split()
    copied = {part for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.M) for part in line.split()[:-1]}
    assert lines[0] == "*"
    assert {one.removeprefix("!") for one in lines if one.startswith("!")} == copied


def test_the_python_is_one_that_the_program_runs_on():
    wanted = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["requires-python"]
    (found,) = re.findall(r"^FROM python:(\d+\.\d+)", DOCKERFILE, re.M)
    assert f">={found}" == wanted.split(",")[0]


def test_the_server_runs_as_nobody_special_and_believes_only_the_proxy():
    assert re.search(r"^USER fangyi$", DOCKERFILE, re.M)
    services = COMPOSE["services"]
    address = services["proxy"]["networks"]["inside"]["ipv4_address"]
    assert services["app"]["environment"]["FANGYI_PROXY"] == address
    assert not any("ports" in services[name] for name in ("db", "app"))


@pytest.mark.parametrize("name", ["FANGYI_SECRET", "APP_PASSWORD", "OWNER_PASSWORD"])
def test_no_secret_has_a_value_here(name):
    text = (ROOT / "compose.yaml").read_text("utf-8")
    assert set(re.findall(rf"\$\{{{name}([^}}]*)\}}", text)) == {":?wanted in .env"}


def test_the_proxy_lets_in_a_file_as_large_as_the_server_takes():
    from dashboard.drafts import LARGEST

    (most,) = re.findall(r"client_max_body_size (\d+)m", COMPOSE["configs"]["nginx"]["content"])
    assert int(most) * 1_000_000 > LARGEST
