"""What came of outreach: the value ledger, experiments, and what playbooks are believed to bring."""
