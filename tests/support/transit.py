"""A small server that speaks the Transit API as its documents say, for tests: no real key management service runs here.

It was written from the published API of HashiCorp Vault (encrypt and decrypt with `batch_input` and `associated_data`,
errors per item with status 400, 403 for a bad token, 503 while sealed), not recorded from a real one.
"""

import json
import os
import ssl
import threading
from base64 import b64decode, b64encode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

TOKEN = "hvs.made-up-for-tests"


class TransitServer:
    """One transit engine with one key, in a thread of its own."""

    def __init__(
        self, *, key: str = "kring", knows_associated_data: bool = True, tls: ssl.SSLContext | None = None
    ) -> None:
        self.key = key
        self.knows_associated_data = knows_associated_data
        self.sealed = False
        self.silent = threading.Event()
        self.asked: list[tuple[str, int]] = []
        # By version, as the engine rotates them.
        self.versions = [AESGCM(os.urandom(32))]
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                if server.silent.is_set():
                    return
                status, answer = server.answer(self.path, self.headers.get("x-vault-token"), body)
                written = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.address = f"http{'s' if tls else ''}://localhost:{self._http.server_port}"
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def answer(self, path: str, token: str | None, body: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        """Return status and body, as the engine would."""
        if self.sealed:
            return 503, {"errors": ["Vault is sealed"]}
        if token != TOKEN:
            return 403, {"errors": ["permission denied"]}
        what, _, key = path.removeprefix("/v1/transit/").partition("/")
        if key != self.key or what not in ("encrypt", "decrypt"):
            return 404, {"errors": []}
        self.asked.append((what, len(body["batch_input"])))
        do = self._encrypt if what == "encrypt" else self._decrypt
        results = [do(item) for item in body["batch_input"]]
        status = 400 if any("error" in result for result in results) else 200
        return status, {"data": {"batch_results": results}}

    def rotate(self) -> None:
        """Make a new version of the key; older ones still open what they wrapped."""
        self.versions.append(AESGCM(os.urandom(32)))

    def close(self) -> None:
        """Stop."""
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _bound(self, item: dict[str, str]) -> bytes:
        return b64decode(item.get("associated_data", "")) if self.knows_associated_data else b""

    def _encrypt(self, item: dict[str, str]) -> dict[str, str]:
        nonce = os.urandom(12)
        sealed = nonce + self.versions[-1].encrypt(nonce, b64decode(item["plaintext"]), self._bound(item))
        return {"ciphertext": f"vault:v{len(self.versions)}:{b64encode(sealed).decode()}"}

    def _decrypt(self, item: dict[str, str]) -> dict[str, str]:
        try:
            _, version, sealed = item["ciphertext"].split(":")
            raw = b64decode(sealed, validate=True)
            key = self.versions[int(version[1:]) - 1]
            return {"plaintext": b64encode(key.decrypt(raw[:12], raw[12:], self._bound(item))).decode()}
        except InvalidTag:
            return {"error": "cipher: message authentication failed"}
        except (ValueError, IndexError):
            return {"error": "invalid ciphertext"}
