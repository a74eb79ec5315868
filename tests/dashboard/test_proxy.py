"""nginx as docs/OPERATIONS.md and compose.yaml set it up, before a real server: what passes, what is believed, what is cut off."""

import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import closing
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dashboard.cookies import GUARD_FIELD
from dashboard.drafts import LARGEST
from layers.store import accounts, journal, open_store
from tests import browser
from tests.faults.family import until
from tests.server import serve_behind_tls

NGINX = shutil.which("nginx") or shutil.which("/usr/sbin/nginx")
pytestmark = pytest.mark.skipif(NGINX is None, reason="nginx is not installed: apt-get install nginx")
CONTENT = yaml.safe_load((browser.ROOT / "compose.yaml").read_text("utf-8"))["configs"]["nginx"]["content"]
NAME, PASSWORD = "总值班", "seven lanterns at dusk"
JSON = {"Content-Type": "application/json"}
AROUND = """
daemon off; pid {folder}/pid; error_log {folder}/error;
events {{}}
http {{
  access_log {folder}/access;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;
  {content}
}}
"""


def certify(folder):
    """Write a certificate of this machine that it signed itself, as the configuration calls it."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]),
    )
    now = datetime.now(UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(1).not_valid_before(now - timedelta(1)).not_valid_after(now + timedelta(1))
    (folder / "fangyi.crt").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    (folder / "fangyi.key").write_bytes(key.private_bytes(*form))


def configured(folder, port, behind):
    """Write the documented configuration with the ports and the folder of a test, and return its path."""
    certify(folder)
    content = CONTENT.replace("$$", "$").replace("app:8050", f"127.0.0.1:{behind}")
    content = content.replace("listen 443", f"listen 127.0.0.1:{port}").replace("/etc/nginx/certificates", str(folder))
    path = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    path.write_text(user + AROUND.format(folder=folder, content=content), "utf-8")
    return path


@pytest.fixture(scope="module")
def proxied(built, tmp_path_factory):
    """The address of nginx, the store that is served behind it, and the folder of its files."""
    folder, port, behind = tmp_path_factory.mktemp("nginx"), browser.free_port(), browser.free_port()
    store = open_store(f"sqlite:///{built}")
    accounts.add(store, "root", NAME, "city", "", PASSWORD)
    server = browser.start(f"sqlite:///{built}", behind, serve_behind_tls)
    proxy = subprocess.Popen([NGINX, "-c", configured(folder, port, behind)], stderr=subprocess.PIPE, text=True)
    try:
        yield f"https://127.0.0.1:{port}", store, folder
    finally:
        proxy.send_signal(signal.SIGQUIT)
        proxy.communicate(timeout=20)
        server.terminate()
        browser.end(server)
        store.close()


class Screen:
    """A browser that keeps its cookies, at an address."""

    def __init__(self, address):
        self.address, tls = address, ssl.create_default_context()
        tls.check_hostname, tls.verify_mode = False, ssl.CERT_NONE
        self.cookies = urllib.request.HTTPCookieProcessor()
        self.opener = urllib.request.build_opener(urllib.request.HTTPSHandler(context=tls), self.cookies)

    def ask(self, path, data=None, **head):
        """Return the status and what was answered."""
        asked = urllib.request.Request(self.address + path, data=data, headers={"Origin": self.address, **head})
        for _ in range(100):
            try:
                with self.opener.open(asked, timeout=30) as answer:
                    return answer.status, answer.read()
            except urllib.error.HTTPError as error:
                return error.code, error.read()
            except urllib.error.URLError:  # nginx has only just been started
                time.sleep(0.1)
        raise AssertionError(f"{self.address} does not answer")

    def sign_in(self, password=PASSWORD, **head):
        """Type name and password at the door."""
        _, door = self.ask("/sign-in")
        guard = re.search(f'name={GUARD_FIELD} value="([^"]+)"', door.decode())[1]
        fields = {"name": NAME, "password": password, GUARD_FIELD: guard}
        return self.ask("/sign-in", urlencode(fields).encode(), **head)

    def shows(self):
        """What a page of this browser sends along with whatever changes something."""
        return {"X-CSRFToken": next(one.value for one in self.cookies.cookiejar if one.name == "_csrf_token")}


def test_somebody_signs_in_through_it_and_the_cookies_are_for_tls_alone(proxied):
    address, store, _ = proxied
    screen = Screen(address)
    status, page = screen.sign_in()
    assert (status, b"/sign-in" in page) == (200, False)
    assert {one.name for one in screen.cookies.cookiejar if not one.secure} == set()
    assert journal.entries(store).iloc[0]["action"] == "sign-in"


def test_what_a_client_says_about_its_own_address_is_not_believed(proxied):
    address, store, _ = proxied
    Screen(address).sign_in("wrong password!!", **{"X-Forwarded-For": "9.9.9.9", "X-Real-IP": "9.9.9.9", "Forwarded": "for=9.9.9.9"})  # fmt: skip
    entry = journal.entries(store).iloc[0]
    assert (entry["action"], entry["detail"]["address"]) == ("sign-in-refused", "127.0.0.1")


def test_the_server_answers_for_its_own_limits_and_the_proxy_for_a_file_beyond_all(proxied):
    screen = Screen(proxied[0])
    screen.sign_in()
    assert screen.ask("/_dash-update-component", b" " * 3_000_000, **screen.shows(), **JSON)[0] == 413
    assert screen.ask("/healthz", None, **{"Content-Length": str(2 * LARGEST)})[0] == 413
    assert screen.ask("/metrics")[0] == 404
    assert Screen(proxied[0]).ask("/readyz") == (200, b'{"ok": true}')


def test_rows_go_out_through_it_and_are_kept_on_no_disk_of_it(proxied):
    address, store, _ = proxied
    screen = Screen(address)
    screen.sign_in()
    asked = urllib.request.Request(f"{address}/rows/cases.csv", urlencode({"reason": "flow check"}).encode(), {"Origin": address, **screen.shows()})  # fmt: skip
    with closing(screen.opener.open(asked, timeout=30)) as answer:
        assert "X-Accel-Buffering" not in answer.headers  # nginx heeded it
        assert b"FX-" in answer.read()
    assert journal.entries(store).iloc[0]["detail"]["ended"] == "whole"


def test_what_screens_ask_each_second_fills_no_log(proxied):
    address, _, folder = proxied
    screen = Screen(address)
    for path in ("/pulse", "/healthz", "/readyz", "/sign-in?seen=1"):
        assert screen.ask(path)[0] in (200, 304, 401)
    log = folder / "access"
    until(lambda: "/sign-in?seen=1" in log.read_text("utf-8"))  # written after the answer, and after those before it
    assert not any(path in log.read_text("utf-8") for path in ("/pulse", "/healthz"))
