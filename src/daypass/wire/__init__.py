"""How AWS says it: botocore's service models compiled to closures; bytes to values and back. No rules, no I/O."""
