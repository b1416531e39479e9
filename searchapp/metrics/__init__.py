"""What operators watch, as Prometheus reads it.

`middleware` counts requests, `gauges` looks at the database when it is asked, and `views` tells staff both.
"""
