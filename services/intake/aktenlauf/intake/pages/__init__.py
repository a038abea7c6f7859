"""The pages for applicants, by group: public, draft, case, mailbox, account."""
