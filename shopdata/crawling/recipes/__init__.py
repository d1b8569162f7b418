"""Carries out recipes: each step by what spiders written by hand use too (docs/recipes.md)."""
