"""What people and programs do with graphs and databases. Pages, admin, API and commands all call these."""
