"""The pages: forms, lists and pictures in Chinese and English, rendered here, without a script of strangers."""
