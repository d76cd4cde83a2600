"""Slipway's console: pages, websockets and commands for people."""

from .celery import app as celery_app

__all__ = ["celery_app"]
