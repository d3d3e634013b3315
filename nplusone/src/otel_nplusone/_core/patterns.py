"""Match what a report prints against patterns as of a shell."""

from fnmatch import fnmatchcase


def means(pattern: str, text: str) -> bool:
    r"""Tell whether a text is meant: as it is printed, or by a pattern.

    Django's routes have brackets of their own, `cats/(?P<slug>[\w-]*)/$`, as SQL Server's names do.
    """
    return pattern == text or fnmatchcase(text, pattern)
