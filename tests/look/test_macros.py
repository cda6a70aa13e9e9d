"""The parts of pages tie words to fields, escape what people wrote, and speak the reader's language."""

import re

import pytest
from flask import get_template_attribute
from flask_wtf import FlaskForm
from wtforms import BooleanField, FileField, RadioField, StringField
from wtforms.validators import InputRequired, Optional

from marchapp.geo.sketch import sketch_profile, sketch_route

CATEGORIES = ["schoolchild", "official"]


class SignUp(FlaskForm):
    name = StringField("Name", [InputRequired("Write your name.")])
    school = StringField("School", [Optional()])
    category = RadioField("Category", choices=CATEGORIES, validators=[InputRequired("Choose one.")])
    agreed = BooleanField("I agree", [InputRequired("Tick this to go on.")])
    track = FileField("Recording")


@pytest.fixture
def request_in(app):
    def request_(language="en", **typed):
        context = app.test_request_context(f"/?lang={language}", method="POST", data=typed)
        context.push()
        contexts.append(context)
        form = SignUp(meta={"csrf": False})
        form.validate()
        return form

    contexts = []
    yield request_
    for context in reversed(contexts):
        context.pop()


def draw(file, name, *values, **named):
    return get_template_attribute(f"macros/{file}.html", name)(*values, **named)


def test_a_wrong_field_names_its_help_and_its_error(request_in):
    html = draw("forms", "field", request_in().name, help="As in the passport.")
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="name-help name-error"' in html
    assert 'id="name-help"' in html
    assert re.search(r'id="name-error".*Write your name\.', html, re.S)


def test_what_was_typed_is_kept_and_escaped(request_in):
    html = draw("forms", "field", request_in(name='<b>"Kari"').name)
    assert "&lt;b&gt;&#34;Kari&#34;" in html
    assert "aria-invalid" not in html


def test_optional_fields_say_so(request_in):
    assert "(optional)" in draw("forms", "field", request_in().school)
    assert "(optional)" not in draw("forms", "field", request_in().name)


def test_choices_stand_in_a_group_with_a_legend(request_in):
    html = draw("forms", "field", request_in().category)
    assert html.count('type="radio"') == 2
    assert "<legend>Category" in html


def test_the_summary_links_to_each_wrong_field_that_is_on_the_page(request_in):
    form = request_in()
    summary = draw("forms", "error_summary", form)
    fields = "".join(str(draw("forms", "field", field)) for field in form)
    targets = re.findall(r'href="#([^"]+)"', summary)
    assert targets == ["name", "category-0", "agreed"]
    assert all(f'id="{target}"' in fields for target in targets)


def test_a_progress_bar_is_named_in_words_even_under_an_icon(request_in):
    request_in()
    label = draw("figures", "category", "official")
    html = draw("figures", "progress", 3, 10, "3 of 10 places", label)
    assert 'aria-label="Official"' in html


def test_a_category_has_its_shape_and_its_word(request_in):
    request_in()
    html = draw("figures", "category", "border_guard")
    assert "icon-border_guard" in html
    assert "Border guard" in html


def test_the_sketch_names_countries_in_the_readers_language(request_in):
    request_in("nb")
    sketch = sketch_route([69.60, 69.64], [31.0, 30.6], [("Start <1>", 69.60, 31.0)])
    html = draw("map", "route_sketch", sketch)
    assert "Norge" in html
    assert "Start &lt;1&gt;" in html
    assert "style=" not in html


def test_a_profile_is_drawn_where_there_are_heights_and_nothing_where_not(request_in):
    request_in()
    heights, none = [5, 90], [float("nan")] * 2
    assert "lowest" in draw("map", "height_profile", sketch_profile([0, 1000], heights, [("Top", 1000)]))
    assert draw("map", "height_profile", sketch_profile([0, 1000], none)).strip() == ""


def test_a_list_of_one_page_has_no_page_links(request_in):
    request_in()
    assert draw("lists", "pagination", 1, 1).strip() == ""
