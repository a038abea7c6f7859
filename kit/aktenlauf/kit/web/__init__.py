"""The shell of every page: layouts, macros, static files, sessions, CSRF, CSP, problem pages."""
