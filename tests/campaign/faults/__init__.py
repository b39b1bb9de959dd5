"""What must not be lost, hidden or mistaken, tried with real processes: kills, disks, rotations,
tampering, clocks, stores.

`make campaign ARGS=faults` takes all of it, `ARGS=faults.kills` one part. A figure that has to be 0
names the cases that make it more. `tests/faults` takes a slice of each part.
"""
