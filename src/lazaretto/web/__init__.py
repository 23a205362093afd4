"""The control room: move the levers of a scenario in a browser, see both pans of the scale."""
