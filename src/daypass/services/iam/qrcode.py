"""QR codes, for authenticator apps to read a device's seed from."""

from io import BytesIO

import segno


def png(text: str) -> bytes:
    """Return a QR code (ISO/IEC 18004) of a text as a PNG image."""
    image = BytesIO()
    segno.make(text, micro=False, error="m").save(image, kind="png", scale=5, border=4)
    return image.getvalue()
