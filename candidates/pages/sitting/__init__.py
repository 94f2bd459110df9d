"""Sitting a test."""
