"""Coverage-guided fuzzing of what strangers hand in: `python -m tests.fuzz GRAMMAR [FOLDER] [-runs=N] [-seed=N]`."""
