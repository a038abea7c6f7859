"""The event language of Aktenlauf: what the five services say to each other, and nothing else.

One module per service holds its events. Importing this package's modules registers them, see `envelope.event_class`.
"""
