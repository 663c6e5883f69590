"""The test house: runs every check of Kagimori, counts what each of them counted, and ends all it started."""
