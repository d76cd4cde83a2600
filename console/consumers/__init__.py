"""Websockets: mirrors of what is stored."""
