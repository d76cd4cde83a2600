"""The pages of failure hints, and the hint on the page of a failed deploy."""

from collections.abc import Callable

from django.test import Client

from builds.models import Build, Hint
from runtimes.models import App
from tests.console import factories as make


def shown(page: bytes) -> str:
    return page.decode()


def test_a_failed_deploys_page_says_what_to_do_and_where_it_was_read(app: App, alice: Client) -> None:
    make.deploy(app, "failed", lines=[(4, "fine"), (4, "\x1b[31mOSError: No space left\x1b[0m on device")])
    page = shown(alice.get("/apps/shop/deploys/1/").content)
    assert "The platform&#x27;s disk is full." in page
    assert 'href="#L2"' in page


def test_a_buildpacks_own_reason_is_answered(app: App, alice: Client) -> None:
    make.deploy(app, "failed")
    Build.objects.update(failure_reason="compile", failure_detail="collectstatic-static-root")
    assert "Set STATIC_ROOT" in shown(alice.get("/apps/shop/deploys/1/").content)


def test_an_admin_adds_changes_and_removes_a_hint(signed_in: Callable[[str], Client]) -> None:
    root = signed_in("root")
    fields = {"pattern": "boom bang", "text": "Call Ana.", "place": "2", "enabled": "on"}
    assert root.post("/admin/hints/new", fields).status_code == 302
    hint = Hint.objects.get(pattern="boom bang")
    assert list(Hint.objects.all())[1] == hint
    assert "Call Ana." in shown(root.get("/admin/hints").content)
    assert root.post(f"/admin/hints/{hint.pk}/", fields | {"text": "Call Bo."}).status_code == 302
    assert Hint.objects.get(pk=hint.pk).text == "Call Bo."
    for deed, enabled in (("disable", False), ("enable", True)):
        root.post(f"/admin/hints/{hint.pk}", {"do": deed})
        assert Hint.objects.get(pk=hint.pk).enabled == enabled
    root.post(f"/admin/hints/{hint.pk}", {"do": "up"})
    assert Hint.objects.first() == hint
    root.post(f"/admin/hints/{hint.pk}", {"do": "remove"})
    assert not Hint.objects.filter(pk=hint.pk).exists()


def test_a_pattern_that_cannot_be_comes_back_with_the_reason(signed_in: Callable[[str], Client]) -> None:
    answer = signed_in("root").post("/admin/hints/new", {"pattern": "(a+)+boom", "text": "x", "enabled": "on"})
    assert answer.status_code == 422
    assert "Repeat single characters only" in shown(answer.content)
    assert not Hint.objects.filter(text="x").exists()


def test_a_pasted_text_says_which_hint_it_would_get(signed_in: Callable[[str], Client]) -> None:
    root = signed_in("root")
    page = shown(root.post("/admin/hints/try", {"text": "fine\nnpm error code E404\n"}).content)
    assert "by line 2 and the pattern npm (ERR!|error) code E404" in page
    assert "None of them fits." in shown(root.post("/admin/hints/try", {"text": "fine"}).content)
    assert root.post("/admin/hints/try", {"text": ""}).status_code == 422
