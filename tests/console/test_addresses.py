"""Addresses on narrow pages."""

from console.templatetags.slipway import breakable


def test_an_address_breaks_before_dots_and_its_port_and_nowhere_else() -> None:
    assert breakable("http://shop.localhost:8080") == "http://<wbr>shop<wbr>.localhost<wbr>:8080"
    assert breakable("shop.example.org") == "shop<wbr>.example<wbr>.org"


def test_an_address_is_text() -> None:
    assert breakable("<b>") == "&lt;b&gt;"
