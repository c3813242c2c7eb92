"""The host's log: at most 16 lines of 512 bytes for each decision. In tests lines go nowhere."""

_write = None


def send_to(write):
    """Sends lines to a function that takes a level and a text."""
    global _write
    _write = write


def _line(level, text):
    if _write is not None:
        _write(level, str(text))


def debug(text):
    """Writes a line for developers."""
    _line("debug", text)


def info(text):
    """Writes a line that says what is usual."""
    _line("info", text)


def warn(text):
    """Writes a line about something that is not as it should be."""
    _line("warn", text)


def error(text):
    """Writes a line about something that needs a person."""
    _line("error", text)
