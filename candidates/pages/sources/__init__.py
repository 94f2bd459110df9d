"""Student systems that tests take their candidates from, for administrators."""
