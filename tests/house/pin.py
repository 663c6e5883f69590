"""PINs for the example cards of the tests."""

import secrets


def unusual_pin():
    """Eight digits that occur nowhere else, so that finding them anywhere means a PIN was written there.

    No run of equal or consecutive digits, and nothing that reads as a date or a time.
    """
    while True:
        pin = f"{secrets.randbelow(80_000_000) + 20_000_000}"
        steps = [int(right) - int(left) for left, right in zip(pin, pin[1:])]
        if pin[:2] not in ("20", "19") and not any(step in (-1, 0, 1) for step in steps) and len(set(pin)) >= 6:
            return pin
