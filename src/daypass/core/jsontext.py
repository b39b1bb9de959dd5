"""How much a JSON text holds, told from the text alone: before anything is built of it."""


def values_max(text: str) -> int:
    """Return how many values a JSON text has at most, from its commas and brackets outside of strings.

    Up to the place where a text stops being JSON the count is right, and no reader builds anything of what stands behind.
    """
    marks = text.count(",") + text.count("[") + text.count("{")
    if '"' not in text or marks <= _FEW:
        return marks + 1
    outside = "".join(text.replace("\\\\", "").replace('\\"', "").split('"')[::2])
    return outside.count(",") + outside.count("[") + outside.count("{") + 1


_FEW = 1_000
"""So few marks need no closer look: they are fewer than any bound, those inside of strings counted too."""
