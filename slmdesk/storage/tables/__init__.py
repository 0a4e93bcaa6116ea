"""The tables of the third migration, a module for each part of the program that has some."""
