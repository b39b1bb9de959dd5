"""The last recorded figures, by group and row: `baseline.json`."""

import json
from pathlib import Path

PATH = Path(__file__).parent / "baseline.json"
DIGITS = 3


def read(path=PATH):
    """Return the recorded values by group and row; nothing if there are none."""
    return json.loads(path.read_text()) if path.exists() else {}


def record(groups, path=PATH):
    """Write the values of rows, by group; rows and groups that were not taken stay as they were."""
    found = read(path)
    for group, rows in groups.items():
        known = found.setdefault(group, {})
        known |= {name: _short(value) for name, value in rows.items() if value is not None}
    path.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")


def _short(value):
    """Return a value with three digits that count: more would change with every recording."""
    short = float(f"{value:.{DIGITS}g}") if abs(value) < 1_000 else round(value)
    return int(short) if float(short).is_integer() else short
