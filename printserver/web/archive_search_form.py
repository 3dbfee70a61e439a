"""The search of the archive as its page shows it again and keeps it."""

from __future__ import annotations

from urllib.parse import urlencode

from printserver.http_edge.archive_search import GivenArchiveSearch


class TypedArchiveSearch(GivenArchiveSearch):
    @property
    def fields(self) -> dict[str, str]:
        """Those that say something. A currency alone says nothing."""
        given = {name: value.strip() for name, value in self.model_dump(exclude={"before", "name"}).items()}
        if not (given["least"] or given["most"]):
            given.pop("currency")
        return {name: value for name, value in given.items() if value}

    @property
    def query_string(self) -> str:
        """To be put before what comes next in an address."""
        return f"{urlencode(self.fields)}&" if self.fields else ""

    @property
    def alone(self) -> str:
        """What is looked for when it is all that was typed: `words` or `query`."""
        given = self.fields
        return next(iter(given.values())) if self.before is None and set(given) in ({"words"}, {"query"}) else ""

    @property
    def wide(self) -> bool:
        """Whether more is asked for than what is always shown."""
        return bool(set(self.fields) - {"words", "query"})


class TypedSavedSearch(TypedArchiveSearch):
    """With the name under which it is kept."""

    name: str = ""
