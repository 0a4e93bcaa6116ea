"""How a worker with network checks certificates: by the system's store, and the person's own authority."""

from __future__ import annotations

import ssl

from slmdesk.core.errors import SlmdeskError
from slmdesk.core.network import Permit


def context(permit: Permit) -> ssl.SSLContext:
    """The TLS settings for a permit. Certificates are always checked; there is no switch to turn that off.

    Raises SlmdeskError where the person's own certificate file cannot be read.
    """
    if permit.system_store:
        import truststore

        made: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    else:
        import certifi

        made = ssl.create_default_context(cafile=certifi.where())
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    if permit.ca_file:
        try:
            made.load_verify_locations(cafile=permit.ca_file)
        except (OSError, ssl.SSLError) as error:
            raise SlmdeskError(
                f"The certificate file {permit.ca_file} cannot be used: {error.strerror or error}.",
                "Choose a PEM file with your organisation's authority in the network settings, or take it out there.",
                repr(error),
            ) from error
    return made
