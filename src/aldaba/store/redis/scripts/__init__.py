"""The scripts, one file each; every key a script is given lies in one hash slot."""
