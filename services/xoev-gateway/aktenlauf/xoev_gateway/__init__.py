"""XAusländer messages to and from the Fachverfahren of an office."""
