"""Implementations of the kit's ports. Imported lazily, chosen by `open_ports`."""
