"""A passkey made of software: signs what a browser would hand to the device."""

from __future__ import annotations

import hashlib
import json
import secrets
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData

FLAGS = AuthenticatorData.FLAG
HOST = hashlib.sha256(b"testserver").digest()


def challenge_of(page: Any) -> str:
    return page.context["js_data"]["creation_options"]["publicKey"]["challenge"]


def said(kind: str, challenge: str) -> bytes:
    origin = "http://testserver"
    return json.dumps({"type": kind, "challenge": challenge, "origin": origin}).encode()


class Passkey:
    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(16)
        self.uses = 0

    def made_for(self, challenge: str) -> str:
        """The credential that registers it."""
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(HOST, FLAGS.UP | FLAGS.UV | FLAGS.AT, 0, credential)
        return self.wrapped(
            clientDataJSON=said("webauthn.create", challenge),
            attestationObject=bytes(AttestationObject.create("none", data, {})),
        )

    def answer(self, challenge: str, user: Any) -> str:
        """The credential that signs in."""
        self.uses += 1
        data = AuthenticatorData.create(HOST, FLAGS.UP | FLAGS.UV, self.uses)
        client = said("webauthn.get", challenge)
        signed = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self.wrapped(
            clientDataJSON=client,
            authenticatorData=bytes(data),
            signature=signed,
            userHandle=user_pk_to_url_str(user).encode(),
        )

    def wrapped(self, **response: bytes) -> str:
        here = websafe_encode(self.id)
        return json.dumps(
            {
                "type": "public-key",
                "id": here,
                "rawId": here,
                "response": {name: websafe_encode(value) for name, value in response.items()},
                "clientExtensionResults": {"credProps": {"rk": True}},
            }
        )
