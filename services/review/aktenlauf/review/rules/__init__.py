"""Legal rules (Rechtsregeln): one pure function each, which returns its result, the facts used and the norm.

No rule looks at a clock, a file or a setting: every date comes in. What moves with the law (days, choices
per Land, the day a wording was checked) is in `data.yaml`; the table of cases of each rule is in `cases/`,
read by the tests and by the pages in docs/rules alike.
"""
