"""What every page of the house shares: frame, looks, languages, headers; no page of its own."""
