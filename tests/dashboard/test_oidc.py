"""Signing in by a provider of identities: there and back over real HTTP with real tokens, and everything that must not come in."""

import time
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from sqlalchemy import select

from dashboard import vouched
from dashboard.provider import Provider, ProviderError
from dashboard.settings import Settings, SettingsError
from dashboard.sign_in_oidc import COOKIE
from dashboard.weak import weaknesses
from layers.store import accounts, identities, journal, open_store
from layers.store.schema import identity, session
from tests import city, provider
from tests.office import ADMIN, Office, said

TABLE = """
[[allow]]
claim = "groups"
value = "jiangan"
role = "district"
area = "420102"

[[allow]]
claim = "realm_access.roles"
value = "city-duty"
role = "city"
"""
PASSWORD = "correct horse 9 battery"


@pytest.fixture(scope="module")
def given():
    with provider.serving() as made:
        yield made


@pytest.fixture
def his(given):
    """The provider, honest again."""
    fresh = provider.Provider()
    for name in ("claims", "changes", "described", "alg", "shared", "stranger", "answers_iss", "moved", "asked"):
        setattr(given, name, getattr(fresh, name))
    return given


@pytest.fixture
def own(built, tmp_path, his):
    (tmp_path / "secret").write_text(provider.SECRET + "\n")
    (tmp_path / "roles.toml").write_text(TABLE)
    more = {"oidc_client": provider.CLIENT, "oidc_secret": tmp_path / "secret", "oidc_roles": tmp_path / "roles.toml"}
    place = Office.copy(tmp_path, built, oidc_issuer=his.issuer, **more)
    yield place
    place.store.close()


def begun(client, there="/quality"):
    """A browser that has gone to the provider and comes back: the address that it is sent to."""
    lead = client.get("/sign-in/oidc", query_string={"next": there})
    assert lead.status_code == 303, lead.get_data()
    answer = requests.get(lead.headers["Location"], allow_redirects=False, timeout=5)
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def came(own, client=None):
    """The answer to a browser that went there and back."""
    client = client or own.anybody()
    return client.get(begun(client))


def last(own):
    row = journal.entries(own.store).iloc[0]
    return row["actor"], row["action"], row["detail"]


def sessions_of(own):
    return len(own.store.read(select(session.c.id)))


NOT_VERIFIED = "统一身份认证没有通过"


def refused(own, status, error):
    """That a browser which goes there and back stays out, and the journal says why without saying who."""
    client = own.anybody()
    answer = came(own, client)
    actor, action, detail = last(own)
    assert (answer.status_code, actor, action, detail["error"]) == (status, "nobody", "sign-in-refused", error)
    assert client.get("/quality").status_code in (302, 401)
    assert sessions_of(own) == 0
    return answer.get_data(as_text=True)


# ---- who comes in


@pytest.mark.parametrize(("amr", "status"), [(["pwd", "otp"], 303), (["pwd"], 403), ([], 403), ("otp", 401), (None, 403), ([1, {}], 403)])  # fmt: skip
def test_a_provider_has_to_say_how_it_signed_somebody_in_where_that_is_wanted(own, his, amr, status):
    object.__setattr__(own.settings, "oidc_factor", frozenset({"otp", "mfa"}))
    his.changes = {"amr": amr}
    assert came(own).status_code == status
    if status == 403:
        assert journal.entries(own.store, 1)["detail"].iloc[0]["error"] == "factor"


def test_whom_the_provider_signs_in_goes_on_where_a_second_factor_is_demanded(own, his):
    object.__setattr__(own.settings, "second_factor", frozenset({"district"}))
    client = own.anybody()
    assert came(own, client).status_code == 303
    assert client.get("/quality").status_code == 200


@pytest.mark.parametrize("alg", ["RS256", "ES256"])
def test_somebody_comes_in_with_the_role_of_the_table(own, his, alg):
    his.alg = alg
    client = own.anybody()
    answer = came(own, client)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/quality")
    assert client.get("/quality", headers={"Accept": "text/html"}).status_code == 200
    assert client.get("/journal", headers={"Accept": "text/html"}).status_code == 403
    assert last(own) == (
        "李主任",
        "sign-in",
        {"address": "127.0.0.1", "role": "district", "area": "420102", "by": "oidc"},
    )
    assert accounts.every(own.store)[["name", "role", "area"]].to_numpy().tolist() == [["李主任", "district", "420102"]]


def test_the_request_bears_state_nonce_and_a_challenge(own, his):
    lead = urlsplit(own.anybody().get("/sign-in/oidc").headers["Location"])
    asked = {name: values[0] for name, values in parse_qs(lead.query).items()}
    assert (asked["response_type"], asked["code_challenge_method"], asked["client_id"]) == ("code", "S256", "fangyi")
    assert all(len(asked[name]) >= 43 for name in ("state", "nonce", "code_challenge"))
    assert len({asked["state"], asked["nonce"], asked["code_challenge"]}) == 3
    assert asked["redirect_uri"] == "http://localhost/sign-in/oidc/back"


def test_the_same_person_is_the_same_account_whatever_they_are_called(own, his):
    came(own)
    his.claims = {**his.claims, "preferred_username": "李处长"}
    came(own)
    assert accounts.every(own.store)["name"].tolist() == ["李主任"]
    his.claims = {**his.claims, "sub": "u-2"}
    came(own)
    assert accounts.every(own.store)["name"].tolist() == ["李主任", "李处长"]
    assert len(own.store.read(select(identity.c.id))) == 2


def test_another_role_at_the_provider_is_another_role_here(own, his):
    client = own.anybody()
    came(own, client)
    his.claims = {"sub": "u-1", "realm_access": {"roles": ["x", "city-duty"]}}
    came(own)
    assert accounts.every(own.store)[["role", "area"]].to_numpy().tolist() == [["city", ""]]
    actions = journal.entries(own.store)["action"].tolist()
    assert actions[:2] == ["sign-in", "account-role"]


def test_signing_out_ends_the_session(own, his):
    client = own.anybody()
    came(own, client)
    token = client.get_cookie("_csrf_token").value
    assert client.post("/sign-out", headers={"X-CSRFToken": token}).status_code == 303
    assert client.get("/quality").status_code == 401


def test_the_door_shows_the_way_only_where_there_is_one(own, built, tmp_path):
    assert 'href="/sign-in/oidc?next=%2F"' in own.anybody().get("/sign-in").get_data(as_text=True)
    without = Office(own.settings.store)
    assert "/sign-in/oidc" not in without.anybody().get("/sign-in").get_data(as_text=True)
    assert without.anybody().get("/sign-in/oidc").status_code == 404
    assert without.anybody().get("/sign-in/oidc/back?code=x&state=y").status_code == 404


def test_where_it_leads_on_is_inside(own, his):
    client = own.anybody()
    answer = client.get(begun(client, "//evil.example/x"))
    assert answer.headers["Location"] == "/"


# ---- who does not


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "somebody-else"},
        {"aud": None},
        {"aud": ["fangyi", "other"], "azp": "other"},
        {"iss": "http://127.0.0.1:1"},
        {"iss": None},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iat": None},
        {"sub": None},
        {"sub": ""},
        {"nbf": int(time.time()) + 86_400},
    ],
    ids=",".join,  # the names alone: processes that run tests must agree on them in any second
)
def test_a_token_with_a_wrong_claim_proves_nothing(own, his, changes):
    his.changes = changes
    assert NOT_VERIFIED in refused(own, 401, "token")


@pytest.mark.parametrize("alg", ["none", "HS256", "RS384", "RS512"])
def test_a_token_with_another_algorithm_proves_nothing(own, his, alg):
    his.alg = alg
    assert NOT_VERIFIED in refused(own, 401, "token")


def test_a_token_signed_with_the_shared_secret_proves_nothing(own, his):
    his.alg, his.shared = "HS256", provider.SECRET.encode()
    assert NOT_VERIFIED in refused(own, 401, "token")


def test_a_token_of_another_key_proves_nothing(own, his):
    his.stranger = True
    assert NOT_VERIFIED in refused(own, 401, "token")


def test_an_answer_in_the_name_of_another_provider_is_dropped(own, his):
    his.answers_iss = "https://evil.example"
    refused(own, 401, "answer")
    his.answers_iss = his.issuer
    assert came(own).status_code == 303


def test_a_code_is_used_once(own, his):
    client = own.anybody()
    back = begun(client)
    kept = client.get_cookie(COOKIE, path="/sign-in/oidc/back").value
    assert client.get(back).status_code == 303
    assert client.get(back).status_code == 400  # the browser no longer carries what belongs to it
    thief = own.anybody()
    thief.set_cookie(COOKIE, kept, path="/sign-in/oidc/back")
    assert thief.get(back).status_code == 401
    assert last(own)[2]["error"] == "token"


def test_another_browsers_answer_does_not_sign_in_this_one(own, his):
    foreign = begun(own.anybody())
    assert own.anybody().get(foreign).status_code == 400
    mine = own.anybody()
    begun(mine)
    asked = len(his.asked)
    assert mine.get(foreign).status_code == 400
    assert len(his.asked) == asked
    assert sessions_of(own) == 0


def test_a_forged_cookie_is_none(own, his):
    client = own.anybody()
    back = begun(client)
    client.set_cookie(
        COOKIE, client.get_cookie(COOKIE, path="/sign-in/oidc/back").value[:-3] + "abc", path="/sign-in/oidc/back"
    )
    asked = len(his.asked)
    assert client.get(back).status_code == 400
    assert len(his.asked) == asked  # nobody is asked about it


@pytest.mark.parametrize("groups", [[], ["jianghan"], "jian", None, {"jiangan": True}])
def test_whoever_is_in_no_row_of_the_table_stays_out(own, his, groups):
    his.claims = {"sub": "u-9", "preferred_username": "外人", "groups": groups}
    told = refused(own, 403, "unmapped")
    assert "没有分配本系统的角色" in told
    assert accounts.every(own.store).empty


def test_an_address_that_fails_again_and_again_is_not_heard_for_a_while(own, his):
    his.alg = "none"
    codes = [came(own).status_code for _ in range(32)]
    assert codes == [401] * 30 + [429] * 2
    actions = journal.entries(own.store)["action"].tolist()
    assert (actions.count("sign-in-refused"), actions.count("sign-in-locked")) == (30, 1)
    his.alg = "RS256"
    assert came(own).status_code == 429


def test_who_comes_in_uses_up_no_attempt(own, his):
    assert {came(own).status_code for _ in range(32)} == {303}


def test_whoever_is_in_two_rows_with_two_roles_stays_out(own, his):
    his.claims = {"sub": "u-9", "groups": ["jiangan"], "realm_access": {"roles": ["city-duty"]}}
    assert "没有分配本系统的角色" in refused(own, 403, "unmapped")


def test_an_account_that_is_disabled_on_its_way_in_gets_no_session(own, his, monkeypatch):
    enter = identities.enter

    def then(*given):
        found = enter(*given)
        accounts.set_disabled(own.store, "管账号", found.name, True)
        return found

    monkeypatch.setattr(identities, "enter", then)
    assert "已停用" in refused(own, 403, "disabled")


def test_a_disabled_account_stays_out_and_its_open_session_ends(own, his):
    client = own.anybody()
    came(own, client)
    accounts.set_disabled(own.store, "管账号", "李主任", True)
    assert client.get("/quality").status_code == 401
    answer = came(own)
    assert answer.status_code == 403
    assert "已停用" in answer.get_data(as_text=True)
    assert last(own)[2]["error"] == "disabled"


def test_the_name_of_an_account_with_a_password_is_not_taken_over(own, his):
    accounts.add(own.store, "管账号", "李主任", "city", "", PASSWORD)
    assert "另一账号" in refused(own, 403, "taken")


def test_an_account_of_the_provider_has_no_password_here(own, his):
    came(own)
    assert accounts.checked(own.store, "李主任", "") is None
    with pytest.raises(accounts.AccountError, match="signed in by a provider"):
        accounts.set_password(own.store, "管账号", "李主任", PASSWORD)
    shown = said(own.page(ADMIN, "/accounts"))
    assert "统一身份认证" in shown
    assert '"do": "ask-password"' not in shown
    accounts.add(own.store, "管账号", "王主任", "city", "", PASSWORD)
    assert '"do": "ask-password"' in said(own.page(ADMIN, "/accounts"))


# ---- the provider


@pytest.mark.parametrize(
    "described",
    [
        {"token_endpoint": "http://127.0.0.1:1/token"},
        {"jwks_uri": "https://evil.example/keys"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"issuer": "https://evil.example"},
        {"jwks_uri": ""},
    ],
    ids=str,
)
def test_nothing_is_asked_of_anybody_but_the_configured_provider(own, his, described):
    his.described = described
    assert own.anybody().get("/sign-in/oidc").status_code == 502
    assert his.asked == ["/.well-known/openid-configuration"]


def test_a_redirect_of_the_provider_is_not_followed(own, his):
    his.moved = True
    assert NOT_VERIFIED in refused(own, 401, "token")
    assert "/elsewhere" not in his.asked


def test_a_provider_that_does_not_answer_is_said(own, built, tmp_path):
    place = Office(own.settings.store, **{**{n: getattr(own.settings, n) for n in ("oidc_client", "oidc_secret", "oidc_roles")}, "oidc_issuer": "http://127.0.0.1:1"})  # fmt: skip
    answer = place.anybody().get("/sign-in/oidc")
    assert answer.status_code == 502
    assert "暂时无法访问" in answer.get_data(as_text=True)


def test_a_provider_that_is_silent_is_left_alone_for_a_moment(his):
    mine = Provider("http://127.0.0.1:1", "fangyi", "x")
    for _ in range(2):
        with pytest.raises(ProviderError, match="answer"):
            mine.leads("http://localhost/back", "s", "n", "v" * 43)
    mine.issuer = his.issuer
    with pytest.raises(ProviderError, match="a moment ago"):
        mine.leads("http://localhost/back", "s", "n", "v" * 43)
    assert his.asked == []
    mine.silent_at -= 60
    assert mine.leads("http://localhost/back", "s", "n", "v" * 43).startswith(his.issuer)


def certified(folder):
    """Files of a certificate for this machine that it signed itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a provider")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1)
    )
    where = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = made.add_extension(where, False).add_extension(x509.BasicConstraints(True, 0), True)
    pem = serialization.Encoding.PEM
    (folder / "cert.pem").write_bytes(made.sign(key, hashes.SHA256()).public_bytes(pem))
    kept = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(kept)
    return str(folder / "cert.pem"), str(folder / "key.pem")


def test_a_provider_is_believed_by_its_authority_alone(tmp_path):
    with provider.serving(certified(tmp_path)) as his:
        asked = ("http://localhost/back", "s", "n", "v" * 43)
        believing = Provider(his.issuer, "fangyi", "x", str(tmp_path / "cert.pem"))
        assert believing.leads(*asked).startswith(his.issuer)
        with pytest.raises(ProviderError, match="SSLError"):
            Provider(his.issuer, "fangyi", "x").leads(*asked)


def test_an_authority_that_there_is_not_is_refused(tmp_path, own):
    names = ("oidc_issuer", "oidc_client", "oidc_secret", "oidc_roles")
    more = {name: getattr(own.settings, name) for name in names}
    with pytest.raises(SettingsError, match="FANGYI_OIDC_CA_FILE .* there is no such file"):
        Settings(store="sqlite:///x.db", **more, oidc_authority=tmp_path / "absent.pem")


def test_the_machines_proxy_is_not_asked(own, his, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    lead = own.anybody().get("/sign-in/oidc")
    assert lead.status_code == 303


# ---- settings


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "at least one"),
        ("other = 1", "at least one"),
        ("[[allow]]\nclaim='a'\nvalue='b'\nrole='king'", "fit no account"),
        ("[[allow]]\nclaim='a'\nvalue='b'\nrole='district'", "fit no account"),
        ("[[allow]]\nclaim='a'\nvalue=''\nrole='city'", "neither"),
        ("[[allow]]\nclaim='a'\nvalue='b'", "wanted claim"),
        ("[[allow]]\nclaim='a'\nvalue=['b']\nrole='city'", "wanted texts"),
        ("[[allow", "cannot be read"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path, text, why):
    (tmp_path / "roles.toml").write_text(text)
    with pytest.raises(vouched.VouchedError, match=why):
        vouched.read(tmp_path / "roles.toml")


def test_half_a_provider_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="FANGYI_OIDC_CLIENT and FANGYI_OIDC_SECRET_FILE and FANGYI_OIDC_ROLES"):
        Settings(store="sqlite:///x.db", oidc_issuer="https://id.example")


@pytest.mark.parametrize(
    ("issuer", "mode", "weak"),
    [
        ("http://id.example", 0o600, "without TLS"),
        ("https://id.example", 0o644, "chmod 600"),
        ("https://id.example", 0o600, ""),
        ("http://127.0.0.1:9000", 0o600, ""),
        ("http://[::1]:9000", 0o600, ""),
    ],
)
def test_production_refuses_a_provider_without_tls_and_a_secret_that_others_read(tmp_path, issuer, mode, weak):
    for name in ("secret", "roles"):
        (tmp_path / name).write_text(TABLE)
    (tmp_path / "secret").chmod(mode)
    found = weaknesses(Settings(store="sqlite:///x.db", mode="production", secret="kR3_vQ8-mZ1xT6bN0cJ5yLw9dF2gH7sA", oidc_issuer=issuer, oidc_client="fangyi", oidc_secret=tmp_path / "secret", oidc_roles=tmp_path / "roles"), None, "")  # fmt: skip
    assert len(found) == bool(weak)
    assert all(weak in one for one in found)


def test_a_drill_has_no_provider(tmp_path, his, own):
    url = f"sqlite:///{tmp_path / 'drill.db'}"
    city.found(open_store(url, "drill"), tmp_path).close()
    names = ("oidc_issuer", "oidc_client", "oidc_secret", "oidc_roles")
    drill = Office(url, "drill", **{name: getattr(own.settings, name) for name in names})
    assert drill.anybody().get("/sign-in/oidc").status_code == 404
    drill.store.close()
