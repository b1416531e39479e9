"""The words of analysts: what prices and quantities come to, percentages, ordinals, parts of dates."""

from kbqa.sql.query import Part

PRICES = ("price", "cost", "rate", "fee", "fare", "wage", "amount", "charge", "value")
QUANTITIES = (
    "quantity",
    "qty",
    "units",
    "hours",
    "pieces",
    "count",
    "number",
    "sold",
    "ordered",
    "nights",
    "days",
)
REVENUE = (
    "revenue",
    "total revenue",
    "turnover",
    "total value",
    "sales",
    "total sales",
    "total amount",
    "income",
)
COUNTS = ("two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
PERCENTAGES = (
    "What percentage of",
    "What percent of",
    "What share of",
    "What proportion of",
    "What is the percentage of",
    "What is the share of",
    "Calculate the percentage of",
    "Percentage of",
    "What fraction in percent of",
)
BEGINNINGS = ("What is", "Find", "Give me", "Calculate", "Tell me", "Show", "")
PART_WORDS = {
    Part.QUARTER: ("quarter",),
    Part.MONTH_OF_YEAR: ("month of the year", "calendar month"),
    Part.WEEK: ("week", "calendar week"),
    Part.DAY: ("day", "date"),
    Part.WEEKDAY: ("weekday", "day of the week"),
    Part.HOUR: ("hour", "hour of the day"),
}
"""What people call parts of dates beside years and months."""
