"""A real issuer of OpenID Connect over HTTP (oidc-provider-mock), which a test can make lie about what it signs."""

from __future__ import annotations

import base64
import logging
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import flask
import httpx
import jwt
import werkzeug.serving

os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"
with warnings.catch_warnings():
    import authlib.deprecate  # noqa: F401 - it asks to be heard always

    warnings.simplefilter("ignore")  # what the issuer is built from is going to change names; it is not ours
    import oidc_provider_mock

Claims = dict[str, Any]
logging.getLogger("werkzeug").setLevel(logging.ERROR)
CLIENT, SECRET = "last-meter", "between us"


@dataclass
class Issuer:
    """A running issuer; `lie` changes what it signs, `sign_with` replaces its key, `asked` are the paths that were asked for."""

    url: str
    lie: Callable[[Claims], Claims] = lambda claims: claims
    sign_with: Any = None
    algorithm: str = "RS256"
    discovery: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def knows(self, subject: str, **claims: Any) -> None:
        """The issuer's own account of somebody."""
        httpx.put(f"{self.url}/users/{subject}", json=claims).raise_for_status()

    def sign_in(self, authorize_url: str, subject: str) -> str:
        """What a browser does there: the form is sent; the address to which it is sent back."""
        assert authorize_url.startswith(f"{self.url}/"), authorize_url
        answer = httpx.post(authorize_url, data={"sub": subject})
        assert answer.status_code == 302, answer.text
        return answer.headers["location"]


def asked_in(url: str) -> dict[str, str]:
    """The parameters of an address."""
    return {name: values[-1] for name, values in parse_qs(urlsplit(url).query).items()}


@contextmanager
def running() -> Iterator[Issuer]:
    """The issuer on a free port, until the end of the block."""
    app = oidc_provider_mock.app(require_nonce=True)
    held: list[Issuer] = []
    challenges: list[str] = []

    def note() -> None:
        held[0].asked.append(flask.request.path)
        # What the issuer leaves out: the code is for who asked for it (PKCE).
        if flask.request.path == "/oauth2/authorize":
            assert flask.request.args["code_challenge_method"] == "S256"
            challenges.append(flask.request.args["code_challenge"])
        if flask.request.path == "/oauth2/token":
            digest = sha256(flask.request.form["code_verifier"].encode()).digest()
            assert base64.urlsafe_b64encode(digest).decode().rstrip("=") == challenges.pop()

    def perhaps_lie(answer: flask.Response) -> flask.Response:
        issuer = held[0]
        if flask.request.path == "/.well-known/openid-configuration":
            answer.set_data(flask.json.dumps(answer.get_json() | issuer.discovery))
        if flask.request.path == "/oauth2/token" and answer.status_code == 200:
            said = answer.get_json()
            key = flask.g.oidc_provider_mock_storage.jwk
            signing: Any = None if issuer.algorithm == "none" else issuer.sign_with or key.as_pem(is_private=True).decode()
            claims = jwt.decode(said["id_token"], options={"verify_signature": False})
            claims = issuer.lie(claims | {"auth_time": int(time.time())})
            said["id_token"] = jwt.encode(
                claims, signing, algorithm=issuer.algorithm,
                headers={"kid": jwt.get_unverified_header(said["id_token"]).get("kid")} if key.kid else {},
            )
            answer.set_data(flask.json.dumps(said))
        return answer

    app.before_request(note)
    app.after_request(perhaps_lie)
    server = werkzeug.serving.make_server("127.0.0.1", 0, app.wsgi_app.app if hasattr(app.wsgi_app, "app") else app, threaded=True)
    held.append(Issuer(f"http://127.0.0.1:{server.server_port}"))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield held[0]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
