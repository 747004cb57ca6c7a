"""What is done with the token: compared, put into a cookie, proven."""

import hashlib
import hmac

_LONGEST_NONCE = 100


def is_right(given: str, token: str) -> bool:
    """Tell whether this is the token, in a time that tells nothing of it."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def cookie_name(port: int) -> str:
    """Return the name of the cookie: browsers share cookies among all ports of a machine."""
    return f"karaokify-{port}"


def proof(token: str, nonce: str) -> str:
    """Return what only who knows the token can tell, and what does not tell it."""
    about = f"karaokify-daemon {nonce[:_LONGEST_NONCE]}".encode("utf-8", "replace")
    return hmac.new(token.encode(), about, hashlib.sha256).hexdigest()
