"""QR codes, from which authenticator apps read a device's seed."""

from io import BytesIO

import segno


def png(text: str) -> bytes:
    """Return a text's QR code (ISO/IEC 18004) as a PNG image."""
    image = BytesIO()
    segno.make(text, micro=False, error="m").save(image, kind="png", scale=5, border=4)
    return image.getvalue()
