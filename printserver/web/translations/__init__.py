"""The catalogues, one `.po` a language; English needs none, it is the language of the marked strings."""
