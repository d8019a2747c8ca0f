"""Forecasts are kept as they are given, and scored when what they are about is over."""
