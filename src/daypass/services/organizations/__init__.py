"""AWS Organizations: many accounts under one root, and policies above all of them. One file for each noun."""
