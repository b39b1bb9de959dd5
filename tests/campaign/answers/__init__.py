"""Answers beside those of others: `make campaign ARGS=answers` compares each part whole."""
