"""Tiers, stages, moves and playbooks in words."""
