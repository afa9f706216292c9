"""dayahead: tomorrow's traffic of every site, in your own database, by breakfast."""
