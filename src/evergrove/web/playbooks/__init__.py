"""Playbooks: all of them, one with its trial, versions and price of a control group, and one of your own by its text."""
