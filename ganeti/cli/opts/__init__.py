"""Options of the sub-commands, declared once each and grouped by what they are about."""
