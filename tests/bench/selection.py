"""Which groups and rows `--only` names."""

from tests.bench.groups import GROUPS


class Unknown(LookupError):
    """A name that is neither a group's nor the beginning of a row's."""


class Selection:
    """The groups and rows to take: everything if no name is given."""

    def __init__(self, names, known_rows, groups=GROUPS):
        """Take names of groups and beginnings of rows, and the rows that each group is known to
        have. Raises `Unknown`.
        """
        self._names = [name.casefold() for name in names]
        self._whole = {each.name for each in groups if not names or each.name in self._names}
        self._partial = {
            each.name
            for each in groups
            if any(self._begins(row) for row in known_rows.get(each.name, ()))
        }
        self.groups = [each for each in groups if each.name in self._whole | self._partial]
        rows = [row for each in known_rows.values() for row in each]
        for name in self._names:
            is_group = any(each.name == name for each in groups)
            if not is_group and not any(row.casefold().startswith(name) for row in rows):
                raise Unknown(name)

    def _begins(self, row):
        return any(row.casefold().startswith(name) for name in self._names)

    def wants(self, group, row):
        """Say whether a row of a group is wanted."""
        return group in self._whole or self._begins(row)
