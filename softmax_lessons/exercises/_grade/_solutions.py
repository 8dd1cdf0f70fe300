SOLUTIONS: dict[str, dict[str, bool]] = {}
