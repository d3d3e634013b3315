"""Read a file of lines that another process appends to."""

from pathlib import Path


class GrowingLines:
    """Take in what a file has grown by; what was read is not read again."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._offset = 0

    def added(self) -> list[bytes]:
        """Return the lines that have come since, none while there is no file.

        A last line without an end is left for the next time.
        """
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(self._offset)
            read = file.read()
        complete = read[: read.rfind(b"\n") + 1]
        self._offset += len(complete)
        return complete.splitlines()
