"""Applicants: catalogue, forms, submission, mailbox."""
