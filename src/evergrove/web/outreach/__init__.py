"""What leaves the house, and who may stop it: the pages of playbooks, messages, letters, coupons, tasks and limits share this frame."""
