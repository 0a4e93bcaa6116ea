"""Who signed a certificate, read from its DER bytes: just enough ASN.1 to name the issuer in an error.

Format: RFC 5280, section 4.1 (Certificate, TBSCertificate, Name) and ITU-T X.690 (DER). The bytes come from a
stranger, so every length is checked against what is there.
"""

from __future__ import annotations

_SEQUENCE, _VERSION, _OID = 0x30, 0xA0, 0x06
_ORGANISATION, _COMMON_NAME = bytes.fromhex("55040a"), bytes.fromhex("550403")
_LONGEST = 120


def issuer(der: bytes) -> str:
    """The name of whoever signed the certificate, such as "Example Inspection CA (Example Corp)"; "" if unreadable."""
    try:
        certificate, _ = _content(der, _SEQUENCE)
        body, _ = _content(certificate, _SEQUENCE)
        if body[:1] == bytes([_VERSION]):
            body = _rest(body)
        body = _rest(_rest(body))  # the serial number and the signature's algorithm
        name, _ = _content(body, _SEQUENCE)
        fields = _fields(name)
    except (ValueError, IndexError):
        return ""
    common, organisation = fields.get(_COMMON_NAME, ""), fields.get(_ORGANISATION, "")
    if not common or not organisation:
        return common or organisation
    return f"{common} ({organisation})"


def _element(data: bytes) -> tuple[int, bytes, bytes]:
    """The first element's tag and content, and what follows it."""
    tag, length, start = data[0], data[1], 2
    if length & 0x80:
        count = length & 0x7F
        if not 1 <= count <= 4:
            raise ValueError("a length of more than four bytes")
        length, start = int.from_bytes(data[2 : 2 + count], "big"), 2 + count
    end = start + length
    if end > len(data):
        raise ValueError("longer than the data")
    return tag, data[start:end], data[end:]


def _content(data: bytes, tag: int) -> tuple[bytes, bytes]:
    found, content, rest = _element(data)
    if found != tag:
        raise ValueError(f"tag {found:#x}, expected {tag:#x}")
    return content, rest


def _rest(data: bytes) -> bytes:
    return _element(data)[2]


def _fields(name: bytes) -> dict[bytes, str]:
    """The values of a Name by the number of their kind."""
    found: dict[bytes, str] = {}
    while name:
        _, relative, name = _element(name)
        pair, _ = _content(relative, _SEQUENCE)
        kind, value = _content(pair, _OID)
        tag, text, _ = _element(value)
        words = text.decode("utf-16-be" if tag == 0x1E else "utf-8", "replace")
        found[kind] = "".join(c for c in words if c.isprintable())[:_LONGEST]
    return found
