"""AES-GCM and BLAKE2b for the cache, from the modules that define them.

`cryptography` offers AESGCM in a package that loads typing, enum and re, and hashlib loads OpenSSL
a second time; together they cost more instructions than all else that a hit of the cache does. The
classes are the same; where a later version has them elsewhere, the documented names are used.
"""

try:
    from _blake2 import blake2b
except ImportError:
    from hashlib import blake2b

try:
    from cryptography.hazmat.bindings._rust import openssl

    AESGCM = openssl.aead.AESGCM
except (ImportError, AttributeError):
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

__all__ = ["AESGCM", "blake2b"]
