"""What is refused of every request, and what every answer tells the browser.

The content security policy: nothing inline, nothing from elsewhere (www.w3.org/TR/CSP3).
"""

import secrets

from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseBase
from django.utils.deprecation import MiddlewareMixin

_POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'nonce-{nonce}'",
    "style-src": "'self' 'nonce-{nonce}'",
    "img-src": "'self' data:",
    "connect-src": "'self'",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}
_TEMPLATE = "; ".join(f"{directive} {sources}" for directive, sources in _POLICY.items())


class ContentSecurityPolicyMiddleware(MiddlewareMixin):
    """Gives each request a nonce, as `request.csp_nonce`, and each response the policy with it."""

    def process_request(self, request: HttpRequest) -> None:
        request.csp_nonce = secrets.token_urlsafe(16)  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        nonce = getattr(request, "csp_nonce", "")
        response.headers.setdefault("Content-Security-Policy", _TEMPLATE.format(nonce=nonce))
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
        return response


class NoNulMiddleware(MiddlewareMixin):
    """Refuses a NUL in an address: nothing is called so, and not every database can be asked for it."""

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if "\0" in request.path or any("\0" in value for _, values in request.GET.lists() for value in values):
            return HttpResponseBadRequest()
        return None
