"""What people typed stays in the form when they step back in the browser."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from marchapp.models import Category

ALL_FIELDS = "main form input.form-control"


@pytest.mark.usefixtures("cast")
@pytest.mark.parametrize("category", list(Category))
def test_a_step_back_brings_every_answer_again(open_page: Callable[..., Page], category: Category) -> None:
    page = open_page(f"/marches/victory/sign-up/{category}")
    for fold in page.locator("main details:not([open]) > summary").all():
        fold.click()
    names = [field.get_attribute("name") for field in page.locator(ALL_FIELDS).all()]
    typed = {name: f"my {name}" for name in names} | {"birth_date": page.get_attribute("#birth_date", "max")}
    for name, text in typed.items():
        page.fill(f"[name={name}]", text)
    page.goto("/")
    page.go_back()
    for name, text in typed.items():
        expect(page.locator(f"[name={name}]")).to_have_value(text)


@pytest.mark.usefixtures("cast")
def test_a_step_back_brings_answers_again_to_questions_that_came_while_typing(
    open_page: Callable[..., Page],
) -> None:
    page = open_page("/marches/victory/sign-up/walker")
    page.fill("[name=given_name]", "Nora")
    page.fill("[name=birth_date]", page.get_attribute("#birth_date", "max") or "")
    page.click("[name=family_name]")
    guardian = page.locator("[name=guardian_name]")
    expect(guardian).to_be_visible()
    guardian.fill("Siri Nilsen")
    page.goto("/")
    page.go_back()
    expect(guardian).to_have_value("Siri Nilsen")
    expect(page.locator("[name=given_name]")).to_have_value("Nora")
