"""The office's side as JSON."""

from fastapi import APIRouter

router = APIRouter(prefix="/api/review/v1")
