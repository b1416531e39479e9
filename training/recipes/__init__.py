"""Recipes: how weights are made, as data.

A recipe (`NAME.yaml` beside this file) names what is trained, from which published sets, in which stages, and
what is not known of how the shipped weights were made. `manage.py run_recipe` runs one.
"""

from training.recipes.averaging import AveragingError, average_weights
from training.recipes.runner import RecipeRun, RunError
from training.recipes.schema import Recipe, RecipeError, read_recipe, recipe_names

__all__ = [
    "AveragingError",
    "Recipe",
    "RecipeError",
    "RecipeRun",
    "RunError",
    "average_weights",
    "read_recipe",
    "recipe_names",
]
