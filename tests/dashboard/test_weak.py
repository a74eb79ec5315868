"""What production is not served with: each weak setting is refused at the start, named in a line of its own."""

import base64
import http.client
import random
from pathlib import Path

import pytest

from dashboard.__main__ import REFUSED, main
from dashboard.settings import Settings, SettingsError, from_environment
from dashboard.weak import file_system, warnings, weaknesses
from layers.store import open_store
from tests import browser
from tests.served import made
from tests.server import serve_behind_tls, serve_production

GOOD = "pX0b3s-Zq7LwVt9RkYc2MnHd5JgFa8TuEe4iKo6B"
MOUNTS = r"""22 1 259:0 / / rw,relatime shared:1 - ext4 /dev/root rw
40 22 0:38 / /srv/share\040one rw,relatime shared:9 - nfs4 10.0.0.2:/x rw
41 40 259:3 / /srv/share\040one/disk rw,relatime - xfs /dev/sdb rw
42 22 0:40 / /mnt/win rw - cifs //server/x rw
"""


def found(mounts="", file=None, **changes):
    return weaknesses(Settings(**{"store": "", "mode": "production", "secret": GOOD} | changes), file, mounts)


@pytest.fixture
def serve(capsys, monkeypatch, tmp_path):
    """Try to serve; return the exit code and the lines that were said."""
    for name in ("FANGYI_PROXY", "FANGYI_HOST", "FANGYI_SECOND_FACTOR", "FLASK_DEBUG", "DASH_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FANGYI_MODE", "production")
    monkeypatch.setenv("FANGYI_SECRET", GOOD)
    monkeypatch.setattr("dashboard.commands.serve._listening", lambda _settings: pytest.fail("it would listen"))

    def run(store, *more):
        code = main(["serve", "--store", store, *more])
        said = capsys.readouterr()
        assert said.out == ""
        return code, said.err.splitlines()

    return run


@pytest.fixture
def real(tmp_path):
    url = f"sqlite:///{tmp_path / 'real.db'}"
    open_store(url, "production").close()
    return url


def test_good_settings_have_no_weakness_and_a_drill_is_not_asked():
    assert found(MOUNTS, Path("/srv/fangyi.db")) == []
    weak = {"secret": "", "host": "0.0.0.0", "debug": ("FLASK_DEBUG",)}
    assert weaknesses(Settings(store="", mode="drill", **weak), Path("/mnt/win/a.db"), MOUNTS) == []


def test_a_short_secret(serve, real, monkeypatch):
    monkeypatch.setenv("FANGYI_SECRET", GOOD[:31])
    code, (line,) = serve(real)
    assert code == REFUSED
    assert "FANGYI_SECRET has 31 characters" in line


@pytest.mark.parametrize(
    ("secret", "why"),
    [
        ("change-me-" * 5, "holds 'change'"),
        ("this-is-the-Secret-of-the-server-2020", "holds 'secret'"),
        ("fangyi" * 8, "holds 'fangyi'"),
        ("x" * 48, "1 different characters"),
        ("0011223344" * 4, "5 different characters"),
    ],
)
def test_a_secret_that_can_be_guessed(serve, real, monkeypatch, secret, why):
    monkeypatch.setenv("FANGYI_SECRET", secret)
    code, (line,) = serve(real)
    assert (code, why in line, "wanted a random one" in line) == (REFUSED, True, True)
    assert secret not in line


def test_random_secrets_are_none_of_these():
    lot = random.Random(7)  # always the same: one hexadecimal secret in 24,000 holds "12345", and is rightly refused
    drawn = [lot.randbytes(36) for _ in range(2_000)]
    assert [one for one in map(base64.urlsafe_b64encode, drawn) if found(secret=one.decode())] == []
    assert [one for one in drawn[:200] if found(secret=one[:24].hex())] == []


def test_a_store_of_a_drill(serve, tmp_path):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    open_store(url, "drill").close()
    code, (line,) = serve(url)
    assert code == REFUSED
    assert "is a drill store; wanted production" in line


@pytest.mark.parametrize("name", ["FLASK_DEBUG", "DASH_DEBUG"])
def test_debugging(serve, real, monkeypatch, name):
    monkeypatch.setenv(name, "1")
    code, (line,) = serve(real)
    assert (code, f"{name} is set" in line) == (REFUSED, True)
    assert from_environment({name: "0"}).debug == from_environment({name: "False"}).debug == ()


@pytest.mark.parametrize("host", ["0.0.0.0", "10.1.2.3", "::", "map.city"])
def test_other_machines_without_tls(serve, real, host):
    code, (line,) = serve(real, "--host", host)
    assert (code, f"{host} is heard by other machines without TLS" in line) == (REFUSED, True)
    assert found(host=host, proxy="10.0.0.9") == []


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_this_machine_alone_needs_no_tls(host):
    assert found(host=host) == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/srv/fangyi.db", "ext4"),
        ("/srv/share one/fangyi.db", "nfs4"),
        ("/srv/share one/disk/fangyi.db", "xfs"),
        ("/srv/share oneself/fangyi.db", "ext4"),
        ("/mnt/win/fangyi.db", "cifs"),
    ],
)
def test_a_file_that_another_machine_serves(path, kind):
    assert file_system(Path(path), MOUNTS) == kind
    lines = found(MOUNTS, Path(path))
    assert [f"lies on {kind}" in line for line in lines] == ([True] if kind in ("nfs4", "cifs") else [])
    assert found("", Path("//server/share/fangyi.db")) != []


def test_a_file_on_a_network_is_refused_at_the_start(serve, real, monkeypatch, tmp_path):
    table = tmp_path / "mounts"
    table.write_text(f"1 1 0:1 / / rw - ext4 x rw\n2 1 0:2 / {tmp_path} rw - nfs4 y rw\n")
    monkeypatch.setattr("dashboard.weak.MOUNTS", table)
    code, (line,) = serve(real)
    assert (code, "lies on nfs4" in line) == (REFUSED, True)


def test_every_weakness_is_said_in_a_line_of_its_own(serve, tmp_path, monkeypatch):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    open_store(url, "drill").close()
    monkeypatch.setenv("FANGYI_SECRET", "x" * 48)
    monkeypatch.setenv("FLASK_DEBUG", "1")
    code, lines = serve(url, "--host", "0.0.0.0")
    assert code == REFUSED
    assert all(line.startswith("error: ") for line in lines)
    words = ("different characters", "FLASK_DEBUG", "without TLS", "is a drill store")
    assert [word in line for word, line in zip(words, lines, strict=True)] == [True] * 4


@pytest.mark.parametrize(("mode", "named", "warned"), [("production", "", True), ("production", "admin", False), ("production", "all", False), ("drill", "", False)])  # fmt: skip
def test_that_nobody_needs_a_second_factor_is_said_and_refused_by_nobody(mode, named, warned):
    settings = from_environment({"FANGYI_MODE": mode, "FANGYI_SECRET": GOOD, "FANGYI_SECOND_FACTOR": named})
    assert ["FANGYI_SECOND_FACTOR is empty" in one for one in warnings(settings)] == [True] * warned
    assert weaknesses(settings, None) == []


@pytest.mark.parametrize(("issuer", "amr", "warned"), [("https://id.example", "", True), ("https://id.example", "otp", False), ("", "", False)])  # fmt: skip
def test_a_provider_that_need_not_say_how_it_signed_somebody_in_is_said(issuer, amr, warned, tmp_path):
    more = {"oidc_client": "map", "oidc_secret": tmp_path / "s", "oidc_roles": tmp_path / "s"} if issuer else {}
    (tmp_path / "s").touch(mode=0o600)
    factors = {"second_factor": frozenset({"admin"}), "oidc_factor": frozenset(amr.split(",")) - {""}}
    settings = Settings("sqlite://", "production", GOOD, oidc_issuer=issuer, **more, **factors)
    assert ["FANGYI_OIDC_AMR is empty" in one for one in warnings(settings)] == [True] * warned


def test_the_start_of_production_says_so_in_a_line(serve, real, capsys):
    with pytest.raises(pytest.fail.Exception, match="it would listen"):
        serve(real)
    lines = capsys.readouterr().err.splitlines()
    assert [one.startswith("warning: FANGYI_SECOND_FACTOR is empty") for one in lines] == [True]


def test_roles_that_need_a_second_factor_are_roles():
    with pytest.raises(SettingsError, match="names mayor; wanted all, or some of"):
        from_environment({"FANGYI_SECOND_FACTOR": "city, mayor"})


def test_a_proxy_is_one_machine():
    with pytest.raises(SettingsError, match="FANGYI_PROXY"):
        Settings(store="", proxy="*")


# ---- a database server


@pytest.fixture(scope="module")
def town(postgres, tmp_path_factory):
    return made(postgres, tmp_path_factory.mktemp("weak"), "production")


def test_a_connection_that_row_security_does_not_bind(serve, town, postgres, monkeypatch):
    monkeypatch.setenv("FANGYI_KEYS", str(town.folder / "keys"))
    code, (line,) = serve(town.owned)
    assert (code, "owns the tables" in line, "grant-role" in line) == (REFUSED, True, True)
    code, (line,) = serve(town.owned.replace(f"{town.owner}@", "keeper@"))
    assert (code, "a superuser" in line) == (REFUSED, True)


def test_the_role_of_servers_is_served(town, monkeypatch, serve):
    monkeypatch.setenv("FANGYI_KEYS", str(town.folder / "keys"))
    with pytest.raises(pytest.fail.Exception, match="it would listen"):
        serve(town.served)


# ---- behind a proxy that speaks TLS


@pytest.mark.parametrize(("target", "secure"), [(serve_behind_tls, True), (serve_production, False)])
def test_what_the_proxy_says_is_believed_and_nobody_else(real, target, secure):
    with browser.serving(real, target=target) as address:
        for headers, wanted in (({"X-Forwarded-Proto": "https", "X-Forwarded-For": "10.9.8.7"}, secure), ({}, False)):
            connection = http.client.HTTPConnection(address.removeprefix("http://"))
            connection.request("GET", "/sign-in", headers=headers)
            cookie = connection.getresponse().getheader("Set-Cookie")
            connection.close()
            assert ("Secure" in cookie) is wanted
