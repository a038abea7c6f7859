"""Appointments: capacity, offers, booking."""
