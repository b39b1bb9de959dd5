"""Running a call in a test without an event loop: a run waits for none."""


def at_once(running):
    """Return what a coroutine returns that lets others have a turn, and waits for nobody."""
    while True:
        try:
            running.send(None)
        except StopIteration as end:
            return end.value
