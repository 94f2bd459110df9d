"""What the tests of faults have in common with the races: acts in processes of their own."""

from tests.races.conftest import runner

__all__ = ["runner"]
