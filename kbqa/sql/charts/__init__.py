"""Charts of rows: what columns hold, which of them are drawn how, and that as Vega-Lite and in words."""
